import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeAnnouncement, Owner, parseAnnouncement, RollcallError } from '@rollcall/protocol';
import type {
  Announcement,
  AnnouncementChange,
  AnnouncementOptions,
  EventName,
  Owned,
} from '@rollcall/protocol';
import { LIMITS } from '@rollcall/protocol/pusher';
import type { LeaveOutcome } from '@rollcall/runtime';
import { registryFromEnv, isLocal, warnIfReadable } from '../transport/connection.ts';
import type { RegistryConfig, Environment } from '../transport/connection.ts';
import { ownerIdentity } from '../transport/presence.ts';
import { createPublisher } from '../transport/publisher.ts';
import { LEAVE_WINDOW_MS, watchServers } from './drain.ts';
import { DEFAULT_TTL, leaseMode } from './lease-mode.ts';
import { ownAddress } from './own-address.ts';
import { presenceMode } from './presence-mode.ts';
import { leaveOnSignal } from './leave-on-signal.ts';

/** What `register()` takes: the fields of the announcement, and how it is kept known. */
export interface RegisterOptions extends AnnouncementOptions {
  /**
   * How observers know that the instance still runs. `presence`: it holds a WebSocket connection to the
   * broker, which costs no messages while nothing changes. `lease`: it announces itself again and again,
   * for environments in which only HTTP requests are possible. Default: `presence`.
   */
  readonly mode?: 'presence' | 'lease';
  /** Default: read from the environment, see {@link registryFromEnv}. */
  readonly registry?: RegistryConfig;
  /**
   * What to do once SIGINT or SIGTERM has come and every registration of this process has left, or has
   * failed to within 3 s: such as closing the server. When all have done so the process ends: 0, or 1
   * if leaving or this failed. A second signal ends it at once. Without it, signals are not handled.
   */
  readonly onSignal?: (outcome: LeaveOutcome) => unknown;
  /**
   * Hears of what could not be done after registering, such as a renewal; it is tried again. Default: a
   * process warning.
   */
  readonly onFault?: (error: Error) => void;
}

/** A registered instance. */
export interface Registration {
  /** What was announced last, in canonical form. */
  readonly announcement: Announcement;
  /**
   * Announces a change, and resolves when the broker has accepted it. Fields that are not given stay.
   * @throws RollcallError as {@link register} does; ROLLCALL_ANNOUNCEMENT too once it is leaving
   */
  update(change: AnnouncementChange): Promise<void>;
  /**
   * Publishes `exit`, and resolves when the broker has accepted it and {@link LEAVE_WINDOW_MS} have
   * passed: the service must be served until then, and is sent no requests after. Calling again gives
   * the same promise while it is under way or has succeeded; after a failure it tries anew.
   * @throws RollcallError ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED
   */
  leave(): Promise<void>;
}

/**
 * Announces a service that is listening, and resolves when the broker has accepted it. From then on it
 * stays announced until it leaves: through restarts of the broker and lost connections.
 *
 * @throws RollcallError ROLLCALL_ANNOUNCEMENT, ROLLCALL_CONFIG, ROLLCALL_NO_ADDRESS,
 *   ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED
 */
export async function register(options: RegisterOptions): Promise<Registration> {
  const { registry: connection = registryFromEnv(process.env), onSignal, ...fields } = options;
  const { mode = 'presence', ttl = DEFAULT_TTL, onFault = warn, ...said } = fields;
  const address = options.address ?? announcedAddress(connection, process.env);
  const owner = new Owner(
    owned({
      ...said,
      // As an empty variable of the environment would give it: not given.
      id: said.id ?? randomUUID(),
      address,
      inc: Date.now(),
      ...(mode === 'lease' && { ttl }),
    }),
  );
  if (mode === 'presence') mustFitPresence(connection, owner.announcement);
  warnIfReadable(connection);
  // For drain(), which will want to know of what came before it.
  watchServers();

  const publisher = createPublisher(connection);
  const publish = (event: EventName): Promise<void> =>
    publisher.publish(connection.channels.registry, event, encodeAnnouncement(owner.announcement));
  const say = (): Promise<void> => publish('register');
  const context = { connection, owner, say, onFault };
  const voice = mode === 'lease' ? leaseMode(context) : presenceMode(context);
  function stop(): void {
    voice.stop();
    publisher.close();
  }

  const accepted = voice.start();
  let isLeaving = false;
  const leave = onceUnlessFailed(async () => {
    await accepted;
    isLeaving = true;
    voice.quiet();
    await publish('exit');
    await delay(LEAVE_WINDOW_MS);
    stop();
  });
  // Before it is accepted: a signal that comes while it is under way must still be followed by an exit.
  const forget = onSignal && leaveOnSignal({ leave, close: onSignal });
  try {
    await accepted;
  } catch (error) {
    forget?.();
    stop();
    throw error;
  }
  return {
    get announcement() {
      return owner.announcement;
    },
    async update(change) {
      if (isLeaving) throw mistake('it has left');
      const { seq } = owner.announcement;
      const next = owned(encodeAnnouncement({ ...owner.announcement, ...change, seq: seq + 1 }));
      if (mode === 'presence') mustFitPresence(connection, next);
      owner.update(change);
      voice.changed();
      await say();
    },
    leave,
  };
}

/**
 * The address that a service on this machine announces unless it says otherwise: see
 * {@link RegisterOptions.address}.
 * @throws RollcallError ROLLCALL_NO_ADDRESS
 */
export function announcedAddress(connection: RegistryConfig, env: Environment): string {
  const given = env['ROLLCALL_ADDRESS'];
  if (given !== undefined && given !== '') return given;
  return isLocal(connection) ? '127.0.0.1' : ownAddress();
}

/** An announcement with its numbers, or an error that says what is wrong with it. */
function owned(fields: Record<string, unknown>): Owned {
  const parsed = parseAnnouncement(fields);
  if (!parsed.ok) throw mistake(parsed.refusal.reason);
  const { id, inc, seq } = parsed.value;
  if (id === undefined || inc === undefined || seq === undefined) throw mistake('it has no id');
  return { ...parsed.value, id, inc, seq };
}

function mustFitPresence(connection: RegistryConfig, announcement: Owned): void {
  const bytes = Buffer.byteLength(JSON.stringify(ownerIdentity(connection, announcement)));
  if (bytes <= LIMITS.userObjectBytes) return;
  throw mistake(
    `the announcement takes ${bytes} bytes as a presence member, and at most ${LIMITS.userObjectBytes} are allowed: shorten meta, or use mode "lease"`,
  );
}

function mistake(reason: string): RollcallError {
  return new RollcallError('ROLLCALL_ANNOUNCEMENT', `cannot register: ${reason}`);
}

/** Tells whoever runs the process of what did not work, when nobody else is told. */
export function warn(error: Error): void {
  process.emitWarning(error.message, { type: 'RollcallWarning' });
}

function onceUnlessFailed(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  async function run(): Promise<void> {
    try {
      await work();
    } catch (error) {
      running = undefined;
      throw error;
    }
  }
  return () => (running ??= run());
}
