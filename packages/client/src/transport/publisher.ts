import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import Pusher from 'pusher';
import { isRecord } from '@rollcall/protocol';
import type { EventName, RollcallError } from '@rollcall/protocol';
import { sealEvent } from './presence.ts';
import { refusedBy, unreachable } from './reach.ts';
import type { ConnectionConfig } from './registry-config.ts';
import { oneLine } from './one-line.ts';
import { serverSdk } from './sdk.ts';

/**
 * Publishes and queries by signed HTTP requests. Both reject with a RollcallError: ROLLCALL_BROKER_UNREACHABLE
 * after three attempts, ROLLCALL_BROKER_REFUSED at once.
 */
export interface Publisher {
  /**
   * Resolves when the server has accepted the event.
   * @param exceptSocketId a connection that does not receive it: the publisher's own
   */
  publish(
    channel: string,
    event: EventName | 'sealed',
    data: unknown,
    exceptSocketId?: string,
  ): Promise<void>;
  /**
   * The presence channels whose names begin with a prefix, with the number of users in each, or undefined if the
   * server does not count users. It costs one message, however many there are.
   */
  presenceChannels(prefix: string): Promise<Map<string, number | undefined>>;
  close(): void;
}

const RETRY_DELAYS_MS = [100, 400];

export function createPublisher(registry: ConnectionConfig): Publisher {
  // The SDK neither keeps connections alive nor retries.
  const agent = new (registry.tls ? HttpsAgent : HttpAgent)({ keepAlive: true });
  const sdk = serverSdk(registry, agent);

  async function request(send: () => Promise<{ text: () => Promise<string> }>): Promise<Response> {
    for (const wait of [...RETRY_DELAYS_MS, undefined]) {
      const result = await attempt(send);
      if (!('kind' in result)) return result;
      if (wait === undefined || result.kind === 'refused') throw toError(result, registry);
      await delay(wait);
    }
    throw new Error('the last attempt returns or throws');
  }

  return {
    async publish(channel, event, data, exceptSocketId) {
      const params = exceptSocketId === undefined ? {} : { socket_id: exceptSocketId };
      const sealed = sealEvent(registry, { event, channel }, data);
      await request(() => sdk.trigger(channel, event, sealed, params));
    },
    async presenceChannels(prefix) {
      const params = { filter_by_prefix: prefix, info: 'user_count' };
      const { body } = await request(() => sdk.get({ path: '/channels', params }));
      const channels = isRecord(body) ? body['channels'] : undefined;
      const entries = isRecord(channels) ? Object.entries(channels) : [];
      return new Map(entries.map(([name, info]) => [name, userCount(info)]));
    },
    close: () => agent.destroy(),
  };
}

function userCount(info: unknown): number | undefined {
  const count = isRecord(info) ? info['user_count'] : undefined;
  return typeof count === 'number' ? count : undefined;
}

/** The decoded body of a successful response. */
interface Response {
  readonly body: unknown;
}

interface Failure {
  readonly kind: 'refused' | 'unreachable';
  readonly detail: string;
}

async function attempt(
  send: () => Promise<{ text: () => Promise<string> }>,
): Promise<Response | Failure> {
  try {
    const response = await send();
    return readResponse(await response.text());
  } catch (error) {
    return failureOf(error);
  }
}

/** Reads the body of a 200 response. One compatible server reports errors in it. */
function readResponse(text: string): Response | Failure {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return {
      kind: 'refused',
      detail: 'its response is not JSON: is it a Pusher-compatible server?',
    };
  }
  const error = isRecord(body) ? body['error'] : undefined;
  return error === undefined
    ? { body }
    : { kind: 'refused', detail: oneLine(JSON.stringify(error)) };
}

/**
 * Extracts the useful part of an error of the SDK, and drops the error itself: it holds the signed URL, in `url`
 * and in the message of its cause, which must not reach a log.
 */
function failureOf(error: unknown): Failure {
  if (!(error instanceof Pusher.RequestError))
    return { kind: 'unreachable', detail: 'the request failed' };
  const status = error.status;
  if (status === undefined) {
    const cause: unknown = error.error;
    return { kind: 'unreachable', detail: codeOf(cause) ?? 'the request failed' };
  }
  const kind = status >= 500 || status === 429 ? 'unreachable' : 'refused';
  return { kind, detail: `HTTP ${status}: ${oneLine(error.body ?? '')}` };
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'AbortError') return 'ETIMEDOUT';
  return 'code' in error ? String(error.code) : undefined;
}

function toError({ kind, detail }: Failure, registry: ConnectionConfig): RollcallError {
  return kind === 'refused' ? refusedBy(registry, detail) : unreachable(registry, detail);
}
