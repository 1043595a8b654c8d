import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { deferred } from '../../../../test/support/deferred.ts';
import type { Filter } from '../../src/filters/filter.ts';
import type { Mirror, ProxyOptions, Upstream } from '../../src/proxy.ts';
import { forwardBy } from '../decisions.ts';
import { start, upstream } from '../harness.ts';

interface Received {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Setup extends Partial<ProxyOptions> {
  readonly to: Upstream;
  /** Of copies. */
  readonly copiesTo?: Upstream | undefined;
  readonly filters?: readonly Filter[];
  readonly maxBodyBytes?: number;
  readonly timeoutMs?: number;
}

/** A proxy that copies every request, and what it has reported of the copies, such as `200`, `no response` or `body-size`. */
export async function mirroring({
  to,
  copiesTo,
  filters,
  maxBodyBytes = 64 * 1024,
  timeoutMs = 60_000,
  ...options
}: Setup) {
  const reported: string[] = [];
  let wake = deferred();
  function report(what: string): void {
    reported.push(what);
    wake.resolve();
    wake = deferred();
  }
  const mirror: Mirror = {
    maxBodyBytes,
    timeoutMs,
    next: () => copiesTo,
    onEnd: (status) => report(String(status ?? 'no response')),
    onDropped: report,
  };
  const { port, proxy } = await start(({ target }) => {
    const left = [to];
    return {
      ...forwardBy(() => left.shift(), target.replace('/v1', ''), '/v1'),
      filters,
      mirror: () => mirror,
    };
  }, options);
  async function until(count: number): Promise<string[]> {
    while (reported.length < count) await wake.promise;
    return reported;
  }
  return { port, proxy, reported, until };
}

/** An upstream that keeps what it has received. */
export async function recorder(
  respond: RequestListener = (_request, response) => response.end('ok'),
) {
  const received: Received[] = [];
  const begun = deferred();
  const there = await upstream(async (request, response) => {
    const { method = '', url: target = '', headers } = request;
    begun.resolve();
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    received.push({ method, target, headers, body });
    respond(request, response);
  });
  return { there, received, begun: begun.promise };
}
