import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { send, start, to, upstream } from '../../../proxy/test/harness.ts';
import { openTraces } from '../../src/traces/tracer.ts';
import type { Traces } from '../../src/traces/tracer.ts';

const PARENT = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = `00-${PARENT.traceId}-${PARENT.spanId}-01`;

interface Value {
  readonly stringValue?: string;
  readonly intValue?: number;
}

interface Attribute {
  readonly key: string;
  readonly value: Value;
}

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code: number };
}

/** What a collector is sent (OTLP over HTTP, in JSON). */
interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

const plain = (attributes: readonly Attribute[]): Record<string, unknown> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]),
  );

describe('traces', () => {
  let traces: Traces;
  const sent: Sent[] = [];
  const seen: IncomingHttpHeaders[] = [];
  const collector = createServer(async (request, response) => {
    sent.push((await json(request)) as Sent);
    response.setHeader('content-type', 'application/json').end('{}');
  });

  beforeEach(async () => {
    await once(collector.listen(0, '127.0.0.1'), 'listening');
    const { port } = collector.address() as AddressInfo;
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${port}`);
    traces = openTraces();
    sent.length = 0;
    seen.length = 0;
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    collector.close().closeAllConnections();
  });

  /** What the collector has been sent of a request with these header fields. */
  async function traced(headers: Record<string, string>) {
    const there = await upstream((request, response) => {
      seen.push(request.headers);
      response.end('ok');
    });
    const { port } = await start(to(there), { onRequestEnd() {}, onRequestStart: traces.begin });
    await send(port, { path: '/v1/x?secret=1', headers });
    await traces.close();
    expect(JSON.stringify(sent)).not.toContain('secret');
    const [{ resource, scopeSpans } = { resource: undefined, scopeSpans: [] }] =
      sent[0]?.resourceSpans ?? [];
    const [span] = scopeSpans.flatMap(({ spans }) => spans);
    if (span === undefined || resource === undefined) throw new Error('no span was sent');
    return { span, resource: plain(resource.attributes) };
  }

  it('have a span under the client’s span, which is sent to the instance', async () => {
    const { span, resource } = await traced({ traceparent, tracestate: 'x=1' });
    expect(span).toMatchObject({
      traceId: PARENT.traceId,
      parentSpanId: PARENT.spanId,
      name: 'GET /',
    });
    expect(seen[0]?.['traceparent']).toBe(`00-${PARENT.traceId}-${span.spanId}-01`);
    expect(seen[0]?.['tracestate']).toBe('x=1');
    expect(plain(span.attributes)).toMatchObject({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'http.route': '/',
      'url.path': '/v1/x',
    });
    expect(resource['service.name']).toBe('rollcall-gateway');
  });

  it.each<Record<string, string>>([{}, { traceparent: 'garbage' }])(
    'start a new trace with %j',
    async (headers) => {
      const { span } = await traced(headers);
      expect(span.parentSpanId ?? '').toBe('');
      expect(seen[0]?.['traceparent']).toBe(`00-${span.traceId}-${span.spanId}-01`);
    },
  );

  it('are not exported if the client does not sample, but forwarded', async () => {
    const there = await upstream((request, response) => {
      seen.push(request.headers);
      response.end('ok');
    });
    const { port } = await start(to(there), { onRequestEnd() {}, onRequestStart: traces.begin });
    await send(port, { headers: { traceparent: traceparent.replace(/01$/, '00') } });
    await traces.close();
    expect(sent).toEqual([]);
    expect(seen[0]?.['traceparent']).toMatch(new RegExp(`^00-${PARENT.traceId}-[0-9a-f]{16}-00$`));
  });

  it('have the service name of the environment', async () => {
    vi.stubEnv('OTEL_SERVICE_NAME', 'edge');
    traces = openTraces();
    expect((await traced({})).resource['service.name']).toBe('edge');
  });
});
