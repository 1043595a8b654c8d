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
import type { Logger } from '@rollcall/runtime';
import type { LeaveOutcome } from '@rollcall/runtime';
import { registryFromEnv, isLocal, warnIfReadable } from '../transport/registry-config.ts';
import type { RegistryConfig, Environment } from '../transport/registry-config.ts';
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
  /** The registry. Default: the one in the environment, see {@link registryFromEnv}. */
  readonly registry?: RegistryConfig;
  /**
   * Called once SIGINT or SIGTERM has come and every registration of this process has left, or has failed to
   * within 3 s: the place to close the server, with {@link drain}. When all of these functions are done, the
   * process ends with exit code 0, or 1 if leaving or a function failed. A second signal ends the process at
   * once. Default: signals are not handled.
   */
  readonly onSignal?: (outcome: LeaveOutcome) => unknown;
  /**
   * Receives a warning, with the error as `err`, about what fails after registering, such as a renewal. It is
   * retried. Default: process warnings.
   */
  readonly logger?: Logger;
}

/** An instance that is announced. Made by {@link register}. */
export interface Registration {
  /** The latest announcement, in canonical form. */
  readonly announcement: Announcement;
  /**
   * Announces a change, and resolves when the broker has accepted it. Fields that are not given stay.
   *
   * @example
   * await registration.update({ weight: 50 });
   *
   * @throws RollcallError as {@link register} does, and ROLLCALL_ANNOUNCEMENT if it is leaving
   */
  update(change: AnnouncementChange): Promise<void>;
  /**
   * Publishes `exit`, and resolves when the broker has accepted it and {@link LEAVE_WINDOW_MS} have passed. The
   * service has to be served until then, and receives no requests afterwards. A further call returns the same
   * promise while it is pending or has resolved; after a failure it tries again.
   *
   * @throws RollcallError ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED
   */
  leave(): Promise<void>;
}

/**
 * Announces a service that listens, and resolves when the broker has accepted the announcement. The service stays
 * announced until it leaves, through restarts of the broker and lost connections.
 *
 * @example
 * const registration = await register({ prefix: '/v1', port: 3000, onSignal: () => drain(server) });
 *
 * @throws RollcallError ROLLCALL_ANNOUNCEMENT, ROLLCALL_CONFIG, ROLLCALL_NO_ADDRESS,
 *   ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED
 */
export async function register(options: RegisterOptions): Promise<Registration> {
  const { registry = registryFromEnv(process.env), onSignal, logger, ...fields } = options;
  const { mode = 'presence', ttl = DEFAULT_TTL, ...announced } = fields;
  const owner = new Owner(
    owned({
      ...announced,
      // An empty id counts as not given, as an empty variable would give it.
      id: announced.id ?? randomUUID(),
      address: announced.address ?? announcedAddress(registry, process.env),
      inc: Date.now(),
      ...(mode === 'lease' && { ttl }),
    }),
  );
  if (mode === 'presence') checkPresenceSize(registry, owner.announcement);
  warnIfReadable(registry);
  // drain() needs to know the connections that were made before it is called.
  watchServers();

  const publisher = createPublisher(registry);
  const publish = (event: EventName): Promise<void> =>
    publisher.publish(registry.channels.registry, event, encodeAnnouncement(owner.announcement));
  const announce = (): Promise<void> => publish('register');
  const context = { registry, owner, announce, onFault: faultReporter(logger) };
  const keepAlive = mode === 'lease' ? leaseMode(context) : presenceMode(context);
  function stop(): void {
    keepAlive.stop();
    publisher.close();
  }

  const accepted = keepAlive.start();
  let isLeaving = false;
  const leave = onceUnlessFailed(async () => {
    await accepted;
    isLeaving = true;
    keepAlive.mute();
    await publish('exit');
    await delay(LEAVE_WINDOW_MS);
    stop();
  });
  // Before it is accepted, because a signal that comes in the meantime has to be followed by an exit, too.
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
      if (mode === 'presence') checkPresenceSize(registry, next);
      owner.update(change);
      keepAlive.changed();
      await announce();
    },
    leave,
  };
}

/**
 * The address that a service on this machine announces by default: see {@link AnnouncementOptions.address}.
 * @throws RollcallError ROLLCALL_NO_ADDRESS
 */
export function announcedAddress(registry: RegistryConfig, env: Environment): string {
  const given = env['ROLLCALL_ADDRESS'];
  if (given !== undefined && given !== '') return given;
  return isLocal(registry) ? '127.0.0.1' : ownAddress();
}

/**
 * Reads an announcement with its id and version numbers.
 * @throws RollcallError ROLLCALL_ANNOUNCEMENT
 */
function owned(fields: Record<string, unknown>): Owned {
  const parsed = parseAnnouncement(fields);
  if (!parsed.ok) throw mistake(parsed.refusal.reason);
  const { id, inc, seq } = parsed.value;
  if (id === undefined || inc === undefined || seq === undefined) throw mistake('it has no id');
  return { ...parsed.value, id, inc, seq };
}

function checkPresenceSize(registry: RegistryConfig, announcement: Owned): void {
  const bytes = Buffer.byteLength(JSON.stringify(ownerIdentity(registry, announcement)));
  if (bytes <= LIMITS.userObjectBytes) return;
  throw mistake(
    `the announcement has ${bytes} bytes as a presence member, and at most ${LIMITS.userObjectBytes} are allowed: shorten meta, or use mode "lease"`,
  );
}

function mistake(reason: string): RollcallError {
  return new RollcallError('ROLLCALL_ANNOUNCEMENT', `cannot register: ${reason}`);
}

/** Reports what fails after registering: to the logger, or as process warnings. */
export function faultReporter(logger: Logger | undefined): (error: Error) => void {
  if (logger !== undefined) return (error) => logger.warn({ err: error }, error.message);
  return (error) => process.emitWarning(error.message, { type: 'RollcallWarning' });
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
