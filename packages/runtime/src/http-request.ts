import { request as requestHttp } from 'node:http';
import type { ClientRequest, IncomingHttpHeaders, RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import type { ConnectionOptions } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { requestFailure } from './request-failure.ts';
import type { HttpFailure } from './request-failure.ts';

/** One request on a connection of its own. */
export interface HttpRequest {
  readonly host: string;
  readonly port: number;
  /** A Unix socket, in place of host and port. */
  readonly socketPath?: string;
  /** Path and query. */
  readonly path: string;
  /** Default: GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** With it, TLS is spoken. */
  readonly tls?: TlsClientOptions | undefined;
  /** For the whole of it. */
  readonly timeoutMs: number;
  /**
   * Called if a connection was made and there is no response after `timeoutMs`, and each time that it has taken as long
   * once more. Returns whether to wait on.
   * @param times how often `timeoutMs` has passed
   */
  readonly onOverdue?: (times: number) => boolean;
  /** Whether the response's body is read. Default: the connection is closed after the head. */
  readonly readsBody?: boolean;
  /** A longer body ends the request, as `EMSGSIZE`. Default: as long as a text may be. */
  readonly maxBodyBytes?: number;
  /** Ends the request early. */
  readonly signal?: AbortSignal;
}

/** Options of Node's `tls.connect`. Those towards instances are made by `InstanceTls`. */
export interface TlsClientOptions extends Pick<
  ConnectionOptions,
  'secureContext' | 'servername' | 'checkServerIdentity' | 'rejectUnauthorized'
> {
  /** What the certificate has to be for, of an instance. */
  readonly identity?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty unless it was to be read. */
  readonly body: string;
  /** The address of this machine that the request left from. */
  readonly localAddress: string | undefined;
}

/** Makes one HTTP request. It never rejects, because a request without a response is an outcome as well. */
export function httpRequest(options: HttpRequest): Promise<HttpResponse | HttpFailure> {
  return new Promise((resolve) => {
    const sent = start(options);
    let isSettled = false;
    let times = 0;
    // A response that arrived while this process was busy is read before the request is given up.
    const timer = setInterval(() => setImmediate(overdue), options.timeoutMs);
    function settle(outcome: HttpResponse | HttpFailure): void {
      isSettled = true;
      clearInterval(timer);
      resolve(outcome);
      sent.destroy();
    }
    function overdue(): void {
      if (isSettled) return;
      const isConnected = sent.socket?.connecting === false;
      if (isConnected && options.onOverdue?.(++times) === true) return;
      settle({ code: 'ETIMEDOUT', isConnected });
    }
    const fail = (error: Error): void => settle(requestFailure(error, options.tls));
    sent.on('error', fail);
    sent.once('response', (response) => {
      const { statusCode: status = 0, headers, socket } = response;
      const head = { status, headers, localAddress: socket.localAddress };
      if (options.readsBody !== true) settle({ body: '', ...head });
      else
        text(upTo(options.maxBodyBytes, response)).then((body) => settle({ body, ...head }), fail);
    });
    sent.end(options.body);
  });
}

async function* upTo(
  max: number | undefined,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (max !== undefined && length > max)
      throw Object.assign(new Error('the body is too long'), { code: 'EMSGSIZE' });
    yield chunk;
  }
}

function start({ tls, headers, body, ...rest }: HttpRequest): ClientRequest {
  const { host, port, socketPath, path, method = 'GET', signal } = rest;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const options: RequestOptions = {
    host,
    port,
    path,
    method,
    agent: false,
    headers: { 'user-agent': 'rollcall', ...headers, ...length },
    ...(socketPath !== undefined && { socketPath }),
    ...(signal !== undefined && { signal }),
  };
  return tls === undefined ? requestHttp(options) : requestHttps({ ...options, ...tls });
}

/** Where a request to a URL goes, with the credentials that the URL may hold. */
export function httpTarget(
  url: string | URL,
): Pick<HttpRequest, 'host' | 'port' | 'path' | 'tls' | 'headers'> {
  const { hostname, port, path, auth, protocol } = urlToHttpOptions(new URL(url));
  const isSecure = protocol === 'https:';
  return {
    host: hostname ?? '',
    port: Number(port) || (isSecure ? 443 : 80),
    path: path ?? '/',
    tls: isSecure ? {} : undefined,
    ...(auth && { headers: { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } }),
  };
}
