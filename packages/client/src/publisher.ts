import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import Pusher from 'pusher';
import { CHANNEL, RollcallError } from '@rollcall/protocol';
import type { EventName } from '@rollcall/protocol';
import { describeServer, urlHost } from './connection.ts';
import type { Connection } from './connection.ts';
import { isRecord } from '@rollcall/protocol';
import { oneLine } from './one-line.ts';

/** Publishes to the discovery channel by signed HTTP. */
export interface Publisher {
  /**
   * Resolves when the server has accepted the event.
   * @throws RollcallError ROLLCALL_BROKER_UNREACHABLE after three tries, ROLLCALL_BROKER_REFUSED at once
   */
  publish(event: EventName, data: unknown): Promise<void>;
  close(): void;
}

const REQUEST_TIMEOUT_MS = 5000;
const RETRY_DELAYS_MS = [100, 400];

export function createPublisher(connection: Connection): Publisher {
  // The SDK sets neither a timeout nor keep-alive, and never tries again.
  const agent = new (connection.tls ? HttpsAgent : HttpAgent)({ keepAlive: true });
  const { server } = connection;
  const pusher = new Pusher({
    appId: connection.appId,
    key: connection.key,
    secret: connection.secret,
    useTLS: connection.tls,
    timeout: REQUEST_TIMEOUT_MS,
    agent,
    ...('host' in server
      ? { host: urlHost(server.host), port: String(server.port) }
      : { cluster: server.cluster }),
  });

  async function publish(event: EventName, data: unknown): Promise<void> {
    for (const wait of [...RETRY_DELAYS_MS, undefined]) {
      const failure = await attempt(pusher, event, data);
      if (failure === undefined) return;
      if (wait === undefined || failure.kind === 'refused') throw toError(failure, connection);
      await delay(wait);
    }
  }
  return { publish, close: () => agent.destroy() };
}

interface Failure {
  readonly kind: 'refused' | 'unreachable';
  readonly detail: string;
}

async function attempt(
  pusher: Pusher,
  event: EventName,
  data: unknown,
): Promise<Failure | undefined> {
  try {
    const response = await pusher.trigger(CHANNEL, event, data);
    return refusalInBody(await response.text());
  } catch (error) {
    return failureOf(error);
  }
}

/** One compatible server answers 200 with an `error` in the body. */
function refusalInBody(body: string): Failure | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return {
      kind: 'refused',
      detail: 'its answer is not JSON: is that a Pusher-compatible server?',
    };
  }
  const error = isRecord(answer) ? answer['error'] : undefined;
  return error === undefined
    ? undefined
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
  if (error.name === 'AbortError') return `no answer within ${REQUEST_TIMEOUT_MS / 1000} s`;
  return 'code' in error ? String(error.code) : undefined;
}

function toError({ kind, detail }: Failure, connection: Connection): RollcallError {
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
