import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

const TIMEOUT_MS = 10_000;

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Aborts the request. */
  readonly signal: AbortSignal;
}

/** Sends one request on a new connection. Resolves to the status of the response. */
export function post({ url, headers, body, signal }: Post): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = new URL(url).protocol === 'https:' ? requestHttps : requestHttp;
    const length = Buffer.byteLength(body);
    const sent = request(url, {
      method: 'POST',
      agent: false,
      headers: { ...headers, 'content-length': length },
      timeout: TIMEOUT_MS,
      signal,
    });
    sent.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      // The body is not needed, and may be endless.
      response.destroy();
    });
    sent.on('timeout', () => sent.destroy(new Error(`no response within ${TIMEOUT_MS / 1_000} s`)));
    sent.on('error', reject);
    sent.end(body);
  });
}
