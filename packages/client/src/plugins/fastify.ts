import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseAnnouncement, RollcallError } from '@rollcall/protocol';
import { announcedAddress, register, warn } from '../registrar/register.ts';
import type { RegisterOptions, Registration } from '../registrar/register.ts';
import { connectionFromEnvironment } from '../transport/connection.ts';

export type RollcallOptions = Omit<RegisterOptions, 'port' | 'onSignal'>;

/** What this needs of a Fastify instance. */
interface App {
  readonly server: Server;
  addHook(name: 'onListen', hook: () => Promise<void>): unknown;
  close(): Promise<unknown>;
}

const RETRY_MS = 1000;
const RETRY_MS_MOST = 30_000;

/**
 * Registers a Fastify application while it listens: `app.register(rollcall, { prefix: '/v1' })`, on the
 * root instance. `app.close()` leaves the registry first; SIGINT and SIGTERM do the same and end the
 * process.
 *
 * A mistake in the options or the environment is an error of `app.listen()`. Fastify lets nothing that
 * comes after stop an application that listens: while the broker cannot be reached or refuses,
 * `onFault` hears of it, and it is tried again, after 1 s at first and 30 s at most.
 */
async function plugin(app: App, options: RollcallOptions): Promise<void> {
  const { connection = connectionFromEnvironment(process.env), onFault = warn } = options;
  const address = options.address ?? announcedAddress(connection, process.env);
  const parsed = parseAnnouncement({ ...options, address, port: 1 });
  if (!parsed.ok) throw new RollcallError('ROLLCALL_ANNOUNCEMENT', parsed.refusal.reason);

  const closing = new AbortController();
  let registering: Promise<Registration | undefined> | undefined;

  async function registered(port: number): Promise<Registration | undefined> {
    for (let wait = RETRY_MS; !closing.signal.aborted; wait = Math.min(wait * 2, RETRY_MS_MOST)) {
      try {
        const onSignal = (): unknown => app.close();
        return await register({ ...options, connection, address, port, onFault, onSignal });
      } catch (error) {
        onFault(error instanceof Error ? error : new Error(String(error)));
      }
      await delay(wait, undefined, { signal: closing.signal }).catch(() => {});
    }
    return undefined;
  }

  // By the time of the hook preClose Fastify already answers 503: to leave before needs to be around close.
  const close = app.close.bind(app);
  async function leaveAndClose(): Promise<void> {
    closing.abort();
    try {
      const registration = await registering;
      await registration?.leave();
    } finally {
      await close();
    }
  }
  let closed: Promise<void> | undefined;
  app.close = () => (closed ??= leaveAndClose());

  app.addHook('onListen', async () => {
    const bound = app.server.address();
    if (typeof bound !== 'object' || bound === null) return;
    registering = registered(bound.port);
    // Whoever waits for listen() may be called from then on, if all is well.
    await Promise.race([registering, delay(RETRY_MS)]);
  });
}

/** The marks of fastify-plugin: it concerns the whole application, not a scope of its own. */
export const rollcall: typeof plugin = Object.assign(plugin, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@rollcall/client',
});
