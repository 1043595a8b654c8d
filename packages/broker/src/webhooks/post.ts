import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

const TIMEOUT_MS = 10_000;

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends the request before it is answered. */
  readonly signal: AbortSignal;
}

/** Sends one request on a connection of its own and resolves to the status of its answer. */
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
      // What it says beyond the status is of no interest, and may have no end.
      response.destroy();
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS / 1_000} s`)));
    sent.on('error', reject);
    sent.end(body);
  });
}
