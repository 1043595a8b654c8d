import { createHmac } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import type { RegistryConfig } from '@rollcall/client';
import { requestStringToSign } from '@rollcall/protocol/pusher';

/** How the broker took one signed request. Times are milliseconds since 1970. */
export type BrokerAnswer =
  | {
      readonly status: number;
      readonly body: string;
      /** Its clock, in whole seconds; nothing if it does not tell. */
      readonly date: number | undefined;
      readonly sentAt: number;
      readonly answeredAt: number;
      /** The address of this machine that the request left from. */
      readonly localAddress: string | undefined;
    }
  | {
      /** Such as ECONNREFUSED. */
      readonly code: string;
    };

const ANSWER_WITHIN_MS = 5000;

/**
 * Asks for the channels there are, which takes the app's id, key and secret, and a clock that is right. By a
 * request of our own: the SDK keeps the header `Date` and the address from us.
 */
export function askBroker(connection: RegistryConfig, now: () => number): Promise<BrokerAnswer> {
  const { host, port } = apiOf(connection);
  const sentAt = now();
  return new Promise((resolve) => {
    const sent = (connection.tls ? requestHttps : requestHttp)({
      host,
      port,
      path: signedPath(connection, Math.floor(sentAt / 1000)),
      agent: false,
    });
    const timer = setTimeout(() => sent.destroy(errorWith('ETIMEDOUT')), ANSWER_WITHIN_MS);
    const fail = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      resolve({ code: error.code ?? error.name });
    };
    sent.once('error', fail);
    sent.once('response', (response) => {
      const answeredAt = now();
      const { statusCode: status = 0, headers, socket } = response;
      const { localAddress } = socket;
      const date = Date.parse(headers.date ?? '');
      text(response).then((body) => {
        clearTimeout(timer);
        const told = Number.isNaN(date) ? undefined : date;
        resolve({ status, body, date: told, sentAt, answeredAt, localAddress });
      }, fail);
    });
    sent.end();
  });
}

/** Where the HTTP API is. */
export function apiOf({ server, tls }: RegistryConfig): { host: string; port: number } {
  if ('host' in server) return server;
  return { host: `api-${server.cluster}.pusher.com`, port: tls ? 443 : 80 };
}

function signedPath({ appId, key, secret }: RegistryConfig, timestamp: number): string {
  const path = `/apps/${appId}/channels`;
  const query = new URLSearchParams({
    auth_key: key,
    auth_timestamp: String(timestamp),
    auth_version: '1.0',
  });
  const toSign = requestStringToSign('GET', path, query);
  query.set('auth_signature', createHmac('sha256', secret).update(toSign).digest('hex'));
  return `${path}?${query.toString()}`;
}

function errorWith(code: string): Error {
  return Object.assign(new Error(code), { code });
}
