import { createHmac } from 'node:crypto';
import type { ConnectionConfig } from '@rollcall/client';
import { requestStringToSign } from '@rollcall/protocol/pusher';
import { httpRequest } from '@rollcall/runtime';
import type { HttpFailure } from '@rollcall/runtime';

/** The outcome of one signed request to the broker. Times are milliseconds since 1970. */
export type BrokerAnswer =
  | {
      readonly status: number;
      readonly body: string;
      /** Its clock, in whole seconds; absent if the response has no such field. */
      readonly date: number | undefined;
      readonly sentAt: number;
      readonly answeredAt: number;
      /** The address of this machine that the request left from. */
      readonly localAddress: string | undefined;
    }
  | HttpFailure;

const TIMEOUT_MS = 5000;

/**
 * Lists the channels, which takes the app's id, key and secret, and a clock that is right. The SDK cannot be used,
 * because it does not return the header `Date` and the local address.
 */
export async function askBroker(
  connection: ConnectionConfig,
  now: () => number,
): Promise<BrokerAnswer> {
  const sentAt = now();
  const outcome = await httpRequest({
    ...apiOf(connection),
    path: signedPath(connection, Math.floor(sentAt / 1000)),
    readsBody: true,
    timeoutMs: TIMEOUT_MS,
    tls: connection.tls ? {} : undefined,
  });
  if ('code' in outcome) return outcome;
  const { status, body, headers, localAddress } = outcome;
  const date = Date.parse(headers.date ?? '');
  return {
    status,
    body,
    date: Number.isNaN(date) ? undefined : date,
    sentAt,
    answeredAt: now(),
    localAddress,
  };
}

/** Where the HTTP API is. */
function apiOf({ server, tls }: ConnectionConfig): { host: string; port: number } {
  if ('host' in server) return server;
  return { host: `api-${server.cluster}.pusher.com`, port: tls ? 443 : 80 };
}

function signedPath({ appId, key, secret }: ConnectionConfig, timestamp: number): string {
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
