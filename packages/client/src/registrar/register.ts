import { randomUUID } from 'node:crypto';
import type { AnnouncementOptions } from '@rollcall/protocol';
import type { LeaveOutcome, Logger } from '@rollcall/runtime';
import type { AuthServer } from '../transport/auth-server.ts';
import { ownerRegistryFromEnv, warnIfReadable } from '../transport/registry-config.ts';
import type { RegistryConfig } from '../transport/registry-config.ts';
import { checkSize, owned } from './check-announcement.ts';
import { Signer } from '../trust/signer.ts';
import { watchServers } from './drain.ts';
import { DEFAULT_TTL } from './lease-mode.ts';
import { configuredAddress, ownAddress } from './own-address.ts';
import { Registrar } from './registrar.ts';
import type { Registration } from './registration.ts';

/** What `register()` takes: the fields of the announcement, and how it is kept known. */
export interface RegisterOptions extends AnnouncementOptions {
  /**
   * How observers know that the instance still runs. `presence`: it holds a WebSocket connection to the
   * broker, which costs no messages while nothing changes. `lease`: it announces itself again and again,
   * for environments in which only HTTP requests are possible. Default: `presence`.
   */
  readonly mode?: 'presence' | 'lease';
  /**
   * The registry, or the auth server that opens it. Instances that are registered with the same object share a connection to
   * each broker. Default: what the environment names, see {@link registryFromEnv}.
   */
  readonly registry?: RegistryConfig | AuthServer;
  /**
   * Called once SIGINT or SIGTERM has come and every registration of this process has left, or has failed to
   * within 3 s: the place to close the server, with {@link drain}. When all of these functions are done, the
   * process ends with exit code 0, or 1 if leaving or a function failed. A second signal ends the process at
   * once. Default: signals are not handled.
   */
  readonly onSignal?: (outcome: LeaveOutcome) => unknown;
  /**
   * Whether a broker that cannot be reached, or refuses, is an error. Default: false. The instance then serves
   * without being registered, which is reported, and is registered as soon as the broker accepts it.
   */
  readonly requireBroker?: boolean;
  /**
   * Receives a warning, with the error as `err`, about what fails and is retried, such as a renewal; and a line
   * when it is registered. Default: process warnings; the line then comes only after a failure.
   */
  readonly logger?: Logger;
}

/**
 * Announces a service that listens. Resolves when the broker has accepted the announcement, or when a first attempt
 * has failed: that is reported, and retried until it succeeds. The service stays announced until it leaves, through
 * restarts of the broker and lost connections.
 *
 * @example
 * const registration = await register({ prefix: '/v1', port: 3000, onSignal: () => drain(server) });
 *
 * @throws RollcallError ROLLCALL_ANNOUNCEMENT, ROLLCALL_CONFIG or ROLLCALL_NO_ADDRESS; with `requireBroker` also
 *   ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED
 */
export async function register(options: RegisterOptions): Promise<Registration> {
  const registration = startRegistering(options);
  await registration.attempted;
  return registration;
}

/**
 * Begins what {@link register} does, so that the instance can leave before an attempt has ended.
 * @throws RollcallError ROLLCALL_ANNOUNCEMENT, ROLLCALL_CONFIG or ROLLCALL_NO_ADDRESS
 */
export function startRegistering(options: RegisterOptions): Registrar {
  const { registry = ownerRegistryFromEnv(process.env), onSignal, logger, ...given } = options;
  const { mode = 'presence', ttl = DEFAULT_TTL, requireBroker = false, ...announced } = given;
  const address = announced.address ?? configuredAddress(registry, process.env);
  const { id = randomUUID() } = announced;
  const announcement = owned({
    ...announced,
    // An empty id counts as not given, as an empty variable would give it.
    id: Signer.of(registry)?.idFor(id) ?? id,
    address: address ?? ownAddress(),
    inc: Date.now(),
    ...(mode === 'lease' && { ttl }),
  });
  checkSize(registry, mode, announcement);
  if ('brokers' in registry) warnIfReadable(registry);
  // drain() needs to know the connections that were made before it is called.
  watchServers();
  const registrar = new Registrar({
    registry,
    mode,
    announcement,
    isAddressChosen: address !== undefined,
    requireBroker,
    onSignal,
    logger,
  });
  void registrar.begin();
  return registrar;
}
