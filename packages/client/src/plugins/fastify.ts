import { Server } from 'node:http';
import { Server as SecureServer } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { callbackify } from 'node:util';
import { parseAnnouncement, RollcallError } from '@rollcall/protocol';
import { drain } from '../registrar/drain.ts';
import { configuredAddress, ownAddress } from '../registrar/own-address.ts';
import { startRegistering } from '../registrar/register.ts';
import type { RegisterOptions } from '../registrar/register.ts';
import type { Registration } from '../registrar/registration.ts';
import { faultReporter } from '../report.ts';
import { askAuthServer } from '../auth/auth-client.ts';
import type { AuthServer } from '../transport/auth-server.ts';
import { createPublisher } from '../transport/publisher.ts';
import { leaveOnSignal } from '../registrar/leave-on-signal.ts';
import { oneSucceeds } from '../registrar/one-succeeds.ts';
import { connectionsOf, ownerRegistryFromEnv } from '../transport/registry-config.ts';
import type { ConnectionConfig, RegistryConfig } from '../transport/registry-config.ts';
import { addressOf } from './bound-address.ts';

/**
 * What the plugin takes: the options of {@link register}, without the port and the scheme, which are the application's own.
 * `address` is by default the one on which it listens; if that is every address, it is chosen as
 * {@link register} does. `logger` may be the application's own: `app.log`.
 */
export type RollcallOptions = Omit<RegisterOptions, 'port' | 'onSignal' | 'scheme'>;

/** The part of a Fastify instance that is used here. */
interface App {
  readonly server: object;
  addHook(name: 'onReady' | 'onListen', hook: () => Promise<void>): unknown;
  close(callback?: (error: Error | null) => void): unknown;
}

const POLL_MS = 20;

async function plugin(app: App, given: RollcallOptions): Promise<void> {
  const { requireBroker = false, ...options } = checked(given);
  const onFault = faultReporter(options.logger);
  const server = serverOf(app);
  let registration: Registration | undefined;
  let forget: (() => void) | undefined;
  const leave = async (): Promise<void> => registration?.leave();
  const close = app.close.bind(app);
  // A signal or close() may call this, or both at once.
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
  // At the hook preClose Fastify already answers 503. Leaving before that needs to wrap close().
  app.close = (callback) =>
    callback === undefined ? leaveAndFinish() : callbackify(leaveAndFinish)(callback);

  // An error of onListen would not reach the caller of listen().
  if (requireBroker) app.addHook('onReady', () => oneMustAccept(options.registry));
  app.addHook('onListen', async () => {
    const at = server.address();
    if (typeof at !== 'object' || at === null) {
      onFault(
        new RollcallError('ROLLCALL_LISTEN', 'cannot register a Unix socket: listen on a port'),
      );
      return;
    }
    const scheme = server instanceof SecureServer ? 'https' : 'http';
    const address = addressOf(at, options.address);
    registration = startRegistering({ ...options, ...address, port: at.port, scheme });
    // Before it is registered, because requests in flight at a signal have to finish then, too.
    forget = leaveOnSignal({ leave, close: finish });
  });
}

/**
 * The HTTP server of the application.
 * @throws RollcallError ROLLCALL_CONFIG if it is not an HTTP/1.1 server, or `app` is not the root instance
 */
function serverOf(app: App): Server | SecureServer {
  // A scope inherits close(), so that the application's own close() would not be wrapped.
  if (!Object.hasOwn(app, 'close')) {
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      'register rollcall on the root instance, or in a plugin that is wrapped in fastify-plugin',
    );
  }
  if (app.server instanceof Server || app.server instanceof SecureServer) return app.server;
  throw new RollcallError(
    'ROLLCALL_CONFIG',
    'gateways send HTTP/1.1 to this application: remove the option http2',
  );
}

/**
 * The options with the registry that they leave to the environment.
 * @throws RollcallError ROLLCALL_CONFIG or ROLLCALL_ANNOUNCEMENT
 */
function checked(given: RollcallOptions): RollcallOptions & {
  readonly registry: RegistryConfig | AuthServer;
} {
  const { registry = ownerRegistryFromEnv(process.env) } = given;
  const address = given.address ?? configuredAddress(registry, process.env) ?? ownAddress();
  const parsed = parseAnnouncement({ ...given, address, port: 1 });
  if (parsed.ok) return { ...given, registry };
  throw new RollcallError('ROLLCALL_ANNOUNCEMENT', `cannot register: ${parsed.refusal.reason}`);
}

/** @throws RollcallError that a broker or the auth server cannot be reached, or refuses */
async function oneMustAccept(registry: RegistryConfig | AuthServer): Promise<void> {
  if (!('brokers' in registry)) {
    await askAuthServer(registry);
    return;
  }
  // The others are reported when the application registers there.
  await oneSucceeds(connectionsOf(registry).map(mustAccept), 0, () => {});
}

async function mustAccept(connection: ConnectionConfig): Promise<void> {
  const publisher = createPublisher(connection);
  try {
    await publisher.presenceChannels(connection.channels.presencePrefix);
  } finally {
    publisher.close();
  }
}

/** Fastify alone would wait for ever for a request that hangs, and for a connection that never sends one. */
async function drainAndClose(server: Server | SecureServer, close: () => unknown): Promise<void> {
  const drained = server.listening ? drain(server) : undefined;
  // drain() waits for WebSockets, too, which hooks of Fastify's close end.
  while (server.listening) await delay(POLL_MS);
  await Promise.all([drained, close()]);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}

/**
 * Registers a Fastify application while it listens. Use it on the root instance. `app.close()` leaves the
 * registry first. SIGINT and SIGTERM do the same and end the process. If the application cannot leave,
 * `app.close()` closes it nevertheless, and rejects.
 *
 * A mistake in the options or in the environment is an error of `app.listen()`. `app.listen()` does not wait for
 * the broker: while the broker cannot be reached or refuses, that is reported to the logger and retried. With
 * `requireBroker` it is an error of `app.listen()`.
 *
 * @example
 * app.register(rollcall, { prefix: '/v1', logger: app.log });
 */
export const rollcall: typeof plugin = Object.assign(plugin, {
  // The marks of fastify-plugin: the plugin concerns the whole application, not a scope of its own.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@rollcall/client',
});
