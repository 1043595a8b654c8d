import { randomUUID } from 'node:crypto';
import { encodeAnnouncement, parseAnnouncement, RollcallError } from '@rollcall/protocol';
import type { Announcement, HealthCheck } from '@rollcall/protocol';
import { connectionFromEnvironment, isLocal } from './connection.ts';
import type { Connection, Environment } from './connection.ts';
import { watchConnections } from './drain.ts';
import { ownAddress } from './own-address.ts';
import { createPublisher } from './publisher.ts';
import type { Publisher } from './publisher.ts';
import { leaveOnSignal } from './signals.ts';
import type { Outcome } from './signals.ts';

export interface RegisterOptions {
  /** The path prefix that gateways route here, such as `/v1`; `''` for every path. */
  readonly prefix: string;
  /** The port the service listens on. Register only once it listens. */
  readonly port: number | string;
  /**
   * The IP address where others reach the service. Default: `ROLLCALL_ADDRESS`; else 127.0.0.1 when the
   * broker is on loopback, since then every observer is on this machine; else this machine's first
   * address that another can reach.
   */
  readonly address?: string;
  /**
   * Which instance this is, the same after a restart if you give one. Default: a random UUID. The time of
   * registering is its incarnation: observers take no late word of an earlier run for one of this.
   */
  readonly id?: string;
  readonly name?: string;
  readonly host?: string;
  readonly health?: HealthCheck;
  /** Default: read from the environment, see {@link connectionFromEnvironment}. */
  readonly connection?: Connection;
  /**
   * What to do once SIGINT or SIGTERM has come and every registration of this process has left, or has
   * failed to within 3 s: such as closing the server. When all have done so the process ends: 0, or 1
   * if leaving or this failed. A second signal ends it at once. Without it, signals are not handled.
   */
  readonly onSignal?: (outcome: Outcome) => unknown;
}

export interface Registration {
  /** What was announced, in canonical form. */
  readonly announcement: Announcement;
  /**
   * Publishes `exit` and resolves when the broker has accepted it. Observers hear of it a moment later:
   * go on serving for {@link LEAVE_WINDOW_MS}, as {@link drain} does. Calling again gives the same
   * promise while it is under way or has succeeded; after a failure it tries anew.
   */
  leave(): Promise<void>;
}

/**
 * Announces a service that is listening, and resolves when the broker has accepted it.
 * @throws RollcallError ROLLCALL_ANNOUNCEMENT, ROLLCALL_CONFIG, ROLLCALL_NO_ADDRESS,
 *   ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED
 */
export async function register(options: RegisterOptions): Promise<Registration> {
  const { connection = connectionFromEnvironment(process.env), onSignal, ...fields } = options;
  const address = options.address ?? announcedAddress(connection, process.env);
  const parsed = parseAnnouncement({ id: randomUUID(), ...fields, address, inc: Date.now() });
  if (!parsed.ok) {
    throw new RollcallError('ROLLCALL_ANNOUNCEMENT', `cannot register: ${parsed.refusal.reason}`);
  }
  // For drain(), which will want to know of connections that came before it.
  watchConnections();
  const publisher = createPublisher(connection);
  const accepted = publisher.publish('register', encodeAnnouncement(parsed.value));
  const registration = {
    announcement: parsed.value,
    leave: leaveOnce(publisher, parsed.value, accepted),
  };
  // Before it is accepted: a signal that comes while it is under way must still be followed by an exit.
  const forget = onSignal && leaveOnSignal({ leave: registration.leave, close: onSignal });
  try {
    await accepted;
  } catch (error) {
    forget?.();
    publisher.close();
    throw error;
  }
  return registration;
}

/**
 * The address that a service on this machine announces unless it says otherwise: see
 * {@link RegisterOptions.address}.
 * @throws RollcallError ROLLCALL_NO_ADDRESS
 */
export function announcedAddress(connection: Connection, env: Environment): string {
  const given = env['ROLLCALL_ADDRESS'];
  if (given !== undefined && given !== '') return given;
  return isLocal(connection) ? '127.0.0.1' : ownAddress();
}

function leaveOnce(
  publisher: Publisher,
  announcement: Announcement,
  registered: Promise<void>,
): () => Promise<void> {
  let leaving: Promise<void> | undefined;
  async function leave(): Promise<void> {
    await registered;
    try {
      await publisher.publish('exit', encodeAnnouncement(announcement));
    } catch (error) {
      leaving = undefined;
      throw error;
    }
    publisher.close();
  }
  return () => (leaving ??= leave());
}
