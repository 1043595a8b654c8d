import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import Pusher from 'pusher';
import { isRecord, RollcallError } from '@rollcall/protocol';
import type { EventName } from '@rollcall/protocol';
import { describeServer } from './connection.ts';
import type { RegistryConfig } from './connection.ts';
import { oneLine } from './one-line.ts';
import { serverSdk } from './sdk.ts';

/**
 * What is said and asked by signed HTTP. Both throw RollcallError: ROLLCALL_BROKER_UNREACHABLE after
 * three tries, ROLLCALL_BROKER_REFUSED at once.
 */
export interface Publisher {
  /**
   * Resolves when the server has accepted the event.
   * @param exceptSocketId a connection that is not told: the speaker's own
   */
  publish(channel: string, event: EventName, data: unknown, exceptSocketId?: string): Promise<void>;
  /**
   * The presence channels whose names begin so, and how many users are in each: one message, however many
   * there are. A server that counts no users gives undefined.
   */
  presenceChannels(prefix: string): Promise<Map<string, number | undefined>>;
  close(): void;
}

const RETRY_DELAYS_MS = [100, 400];

export function createPublisher(connection: RegistryConfig): Publisher {
  // The SDK neither keeps connections alive nor tries again.
  const agent = new (connection.tls ? HttpsAgent : HttpAgent)({ keepAlive: true });
  const sdk = serverSdk(connection, agent);

  async function request(send: () => Promise<{ text: () => Promise<string> }>): Promise<Answer> {
    for (const wait of [...RETRY_DELAYS_MS, undefined]) {
      const result = await attempt(send);
      if (!('kind' in result)) return result;
      if (wait === undefined || result.kind === 'refused') throw toError(result, connection);
      await delay(wait);
    }
    throw new Error('the last attempt returns or throws');
  }

  return {
    async publish(channel, event, data, exceptSocketId) {
      const params = exceptSocketId === undefined ? {} : { socket_id: exceptSocketId };
      await request(() => sdk.trigger(channel, event, data, params));
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

interface Answer {
  readonly body: unknown;
}

interface Failure {
  readonly kind: 'refused' | 'unreachable';
  readonly detail: string;
}

async function attempt(
  send: () => Promise<{ text: () => Promise<string> }>,
): Promise<Answer | Failure> {
  try {
    const response = await send();
    return readAnswer(await response.text());
  } catch (error) {
    return failureOf(error);
  }
}

/** One compatible server answers 200 with an `error` in the body. */
function readAnswer(text: string): Answer | Failure {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return {
      kind: 'refused',
      detail: 'its answer is not JSON: is that a Pusher-compatible server?',
    };
  }
  const error = isRecord(body) ? body['error'] : undefined;
  return error === undefined
    ? { body }
    : { kind: 'refused', detail: oneLine(JSON.stringify(error)) };
}

/**
 * The SDK's errors hold the signed URL, in `url` and in the cause's message: neither may reach a
 * log, so what is worth saying is taken out and the error itself is dropped.
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
  if (error.name === 'AbortError') return 'no answer in time';
  return 'code' in error ? String(error.code) : undefined;
}

function toError({ kind, detail }: Failure, connection: RegistryConfig): RollcallError {
  const where = describeServer(connection);
  return kind === 'refused' ? refusedBy(where, detail) : unreachable(where, detail);
}

export function unreachable(where: string, detail: string): RollcallError {
  return new RollcallError(
    'ROLLCALL_BROKER_UNREACHABLE',
    `cannot reach the broker at ${where} (${detail}): start one with "rollcall broker", or set PUSHER_HOST and PUSHER_PORT, or PUSHER_APP_CLUSTER for hosted Pusher`,
  );
}

export function refusedBy(where: string, detail: string): RollcallError {
  return new RollcallError(
    'ROLLCALL_BROKER_REFUSED',
    `the broker at ${where} refused (${detail}): check PUSHER_APP_ID, PUSHER_APP_KEY and PUSHER_APP_SECRET, and this machine's clock`,
  );
}
