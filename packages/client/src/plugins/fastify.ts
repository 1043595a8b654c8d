import { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { callbackify } from 'node:util';
import { parseAnnouncement, RollcallError } from '@rollcall/protocol';
import { drain } from '../registrar/drain.ts';
import { announcedAddress, register, warn } from '../registrar/register.ts';
import type { RegisterOptions, Registration } from '../registrar/register.ts';
import { leaveOnSignal } from '../registrar/leave-on-signal.ts';
import { registryFromEnv } from '../transport/connection.ts';
import { addressOf } from './bound-address.ts';

/**
 * `address` is by default the one it listens on; if that is every one, it is chosen as {@link register}
 * does. For `health`: gateways ask `GET /health` about once a second and take 404 for well, too; with any
 * other answer from 400 on they send nothing.
 */
export type RollcallOptions = Omit<RegisterOptions, 'port' | 'onSignal'>;

/** What this needs of a Fastify instance. */
interface App {
  readonly server: object;
  addHook(name: 'onListen', hook: () => Promise<void>): unknown;
  close(callback?: (error: Error | null) => void): unknown;
}

const RETRY_MS = 1000;
const RETRY_MS_MOST = 30_000;
const POLL_MS = 20;

/**
 * Registers a Fastify application while it listens: `app.register(rollcall, { prefix: '/v1' })`, on the
 * root instance. `app.close()` leaves the registry first; SIGINT and SIGTERM do the same and end the
 * process. If it cannot leave, `app.close()` rejects, and has closed all the same.
 *
 * A mistake in the options or the environment is an error of `app.listen()`. That does not wait for the
 * broker: while it cannot be reached or refuses, `onFault` hears of it, and it is tried again, after 1 s
 * at first and 30 s at most.
 */
async function plugin(app: App, given: RollcallOptions): Promise<void> {
  const options = checked(given);
  const server = serverOf(app);
  const closing = new AbortController();
  let registering: Promise<Registration | undefined> | undefined;
  let forget: (() => void) | undefined;

  async function leave(): Promise<void> {
    closing.abort();
    const registration = await registering;
    await registration?.leave();
  }
  const close = app.close.bind(app);
  // By a signal, by close(), or by both at once.
  const finish = once(async () => {
    await drainAndClose(server, close);
    forget?.();
  });
  const leaveAndFinish = once(async () => {
    try {
      await leave();
    } finally {
      await finish();
    }
  });
  // By the time of the hook preClose Fastify already answers 503: to leave before needs to be around close.
  app.close = (callback) =>
    callback === undefined ? leaveAndFinish() : callbackify(leaveAndFinish)(callback);

  app.addHook('onListen', async () => {
    const at = server.address();
    if (typeof at !== 'object' || at === null) {
      options.onFault(
        new RollcallError('ROLLCALL_LISTEN', 'cannot register a Unix socket: listen on a port'),
      );
      return;
    }
    // Also while it is not registered yet: what is in flight at a signal is to finish then, too.
    forget = leaveOnSignal({ leave, close: finish });
    const address = addressOf(at, options.address);
    registering = registerUntil(closing.signal, { ...options, ...address, port: at.port });
  });
}

/** The application's server, if this can be done with the application at all. */
function serverOf(app: App): Server {
  // Those of a scope inherit it, and close() of the application would know nothing of this.
  if (!Object.hasOwn(app, 'close')) {
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      'rollcall is to be registered on the root instance, or by a plugin wrapped in fastify-plugin',
    );
  }
  if (app.server instanceof Server) return app.server;
  throw new RollcallError(
    'ROLLCALL_CONFIG',
    'gateways speak HTTP/1.1 without TLS to an instance: leave out http2 and https',
  );
}

interface Checked extends RollcallOptions {
  readonly onFault: (error: Error) => void;
}

/** The options, if they can be announced. */
function checked(given: RollcallOptions): Checked {
  const { registry: connection = registryFromEnv(process.env), onFault = warn } = given;
  const address = given.address ?? announcedAddress(connection, process.env);
  const parsed = parseAnnouncement({ ...given, address, port: 1 });
  if (parsed.ok) return { ...given, registry: connection, onFault };
  throw new RollcallError('ROLLCALL_ANNOUNCEMENT', `cannot register: ${parsed.refusal.reason}`);
}

/** Tries until it works; nothing if it was aborted before. */
async function registerUntil(
  aborted: AbortSignal,
  options: Checked & RegisterOptions,
): Promise<Registration | undefined> {
  for (let wait = RETRY_MS; !aborted.aborted; wait = Math.min(wait * 2, RETRY_MS_MOST)) {
    try {
      return await register(options);
    } catch (error) {
      options.onFault(error instanceof Error ? error : new Error(String(error)));
    }
    await delay(wait, undefined, { signal: aborted }).catch(() => {});
  }
  return undefined;
}

/** Fastify alone waits for ever for a request that hangs, and for a connection that never sends one. */
async function drainAndClose(server: Server, close: () => unknown): Promise<void> {
  const drained = server.listening ? drain(server) : undefined;
  // drain() waits for WebSockets, too, and it is hooks of Fastify's close that end those.
  while (server.listening) await delay(POLL_MS);
  await Promise.all([drained, close()]);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}

/** The marks of fastify-plugin: it concerns the whole application, not a scope of its own. */
export const rollcall: typeof plugin = Object.assign(plugin, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@rollcall/client',
});
