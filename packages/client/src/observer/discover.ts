import { parsePrefix, RollcallError } from '@rollcall/protocol';
import { registryFromEnv, describeServer, warnIfReadable } from '../transport/connection.ts';
import type { RegistryConfig } from '../transport/connection.ts';
import { refusedBy, unreachable } from '../transport/publisher.ts';
import { Directory } from './directory.ts';
import type { DiscoverOptions } from './directory.ts';
import { Service } from './service.ts';

const FIRST_CONNECTION_MS = 10_000;
/** A gateway answers in one hop there and one back; this allows for a far broker. */
const INFORMED_MS = 1500;

/**
 * Listens to the discovery channel and keeps a table of what it tells. Resolves when the channel is
 * subscribed and the broker has accepted a roll call; from then on reconnects are its own affair.
 *
 * @throws RollcallError ROLLCALL_CONFIG, ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED
 */
export async function discover(options?: DiscoverOptions): Promise<Directory>;
/**
 * Finds the instances of one prefix, to call them without a gateway between. Resolves when the transport
 * has told of some; if it knows of none, when a gateway has told too, or has not within 1.5 s.
 *
 * @throws RollcallError as above, and ROLLCALL_ANNOUNCEMENT for what is no prefix
 */
export async function discover(prefix: string, options?: DiscoverOptions): Promise<Service>;
export async function discover(
  first: string | DiscoverOptions = {},
  options: DiscoverOptions = {},
): Promise<Directory | Service> {
  if (typeof first !== 'string') return connected(first);
  const prefix = parsePrefix(first);
  if (!prefix.ok) throw new RollcallError('ROLLCALL_ANNOUNCEMENT', prefix.refusal.reason);
  const directory = await connected(options);
  await Promise.race([directory.ready(INFORMED_MS), found(directory, prefix.value)]);
  return new Service(directory, prefix.value);
}

/** Resolves when the presence channels have told of an instance of this prefix. */
function found(directory: Directory, prefix: string): Promise<void> {
  return new Promise((resolve) => {
    directory.once('resynced', () => {
      if (directory.routable(prefix).length > 0) resolve();
    });
  });
}

async function connected(options: DiscoverOptions): Promise<Directory> {
  const connection = options.registry ?? registryFromEnv(process.env);
  warnIfReadable(connection);
  const directory = new Directory(connection, options);
  try {
    await begun(directory, connection, options.timeoutMs ?? FIRST_CONNECTION_MS);
  } catch (error) {
    directory.close();
    throw error;
  }
  return directory;
}

/** Settles with the first roll call, which shows that we may listen and may publish. */
function begun(directory: Directory, connection: RegistryConfig, timeoutMs: number): Promise<void> {
  const where = describeServer(connection);
  return new Promise((resolve, reject) => {
    const onRejected = (reason: string): void => settle(() => reject(refusedBy(where, reason)));
    const onFault = (error: Error): void => settle(() => reject(error));
    const onAsked = (): void => settle(resolve);
    const timer = setTimeout(() => {
      settle(() => reject(unreachable(where, `no connection within ${timeoutMs / 1000} s`)));
    }, timeoutMs);
    function settle(act: () => void): void {
      clearTimeout(timer);
      directory.off('asked', onAsked);
      directory.off('fault', onFault);
      directory.off('rejected', onRejected);
      act();
    }
    directory.on('asked', onAsked);
    directory.on('fault', onFault);
    directory.on('rejected', onRejected);
  });
}
