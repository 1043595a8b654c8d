import { connect, constants } from 'node:http2';
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';
import { urlHost } from '@rollcall/protocol';
import type { HttpRequest } from './http-request.ts';
import { requestFailure } from './request-failure.ts';
import type { HttpFailure } from './request-failure.ts';

/** One request by HTTP/2, on a session of its own. */
export type Http2Request = Pick<
  HttpRequest,
  'host' | 'port' | 'timeoutMs' | 'onOverdue' | 'tls'
> & {
  /** Without it, the session is opened and nothing is requested. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
};

export interface Http2Response {
  /** 0 if nothing was requested. */
  readonly status: number;
  /** Of the head and, over it, of the trailers. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Makes one request by HTTP/2. It never rejects, because a request without a response is an outcome as well. */
export function http2Request(options: Http2Request): Promise<Http2Response | HttpFailure> {
  const { host, port, headers, body, tls, timeoutMs, onOverdue } = options;
  return new Promise((resolve) => {
    const session = connect(`${tls === undefined ? 'http' : 'https'}://${urlHost(host)}:${port}`, {
      ...tls,
      settings: { enablePush: false },
    });
    let isConnected = false;
    let isSettled = false;
    let times = 0;
    const timer = setInterval(() => setImmediate(overdue), timeoutMs);
    function settle(outcome: Http2Response | HttpFailure): void {
      if (isSettled) return;
      isSettled = true;
      clearInterval(timer);
      resolve(outcome);
      session.destroy();
    }
    function overdue(): void {
      if (isSettled || (isConnected && onOverdue?.(++times) === true)) return;
      settle({ code: 'ETIMEDOUT', isConnected });
    }
    const fail = (error: Error): void => settle(requestFailure(error, tls));
    session.on('error', fail);
    session.on('close', () => settle({ code: 'ECONNRESET' }));
    session.once('connect', () => (isConnected = true));
    if (headers === undefined)
      session.once('remoteSettings', () =>
        settle({ status: 0, headers: {}, body: Buffer.alloc(0) }),
      );
    else exchange(session, headers, body).then(settle, fail);
  });
}

async function exchange(
  session: ClientHttp2Session,
  headers: Readonly<Record<string, string>>,
  body: Buffer | undefined,
): Promise<Http2Response> {
  const request = session.request({ 'user-agent': 'rollcall', ...headers });
  const received: IncomingHttpHeaders = {};
  request.on('response', (head: IncomingHttpHeaders) => Object.assign(received, head));
  request.on('trailers', (trailers: IncomingHttpHeaders) => Object.assign(received, trailers));
  request.end(body);
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  const status = Number(received[constants.HTTP2_HEADER_STATUS] ?? 0);
  return { status, headers: received, body: Buffer.concat(parts) };
}
