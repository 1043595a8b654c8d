import { parsePrefix, RollcallError } from '@rollcall/protocol';
import { registryFromEnv, describeServer, warnIfReadable } from '../transport/registry-config.ts';
import type { RegistryConfig } from '../transport/registry-config.ts';
import { StartReport } from '../report.ts';
import { refusedBy, unreachable, whyUnreachable } from '../transport/reach.ts';
import { Directory } from './directory.ts';
import type { DiscoverOptions } from './discover-options.ts';
import { Service } from './service.ts';

const FIRST_CONNECTION_MS = 10_000;
/** A gateway answers within one round trip. This allows for a distant broker. */
const READY_MS = 1500;

/**
 * Subscribes to the registry and keeps a live table of its instances. Resolves when the channel is subscribed and
 * the broker has accepted a roll call, or when the first attempt has failed: that is reported, and retried until it
 * succeeds. It reconnects by itself from then on.
 *
 * @example
 * const directory = await discover();
 * directory.on('change', ({ type, instance }) => console.log(type, instance.key));
 *
 * @throws RollcallError ROLLCALL_CONFIG; with `requireBroker` also ROLLCALL_BROKER_UNREACHABLE or
 *   ROLLCALL_BROKER_REFUSED
 */
export async function discover(options?: DiscoverOptions): Promise<Directory>;
/**
 * Finds the instances of one prefix, to call them without a gateway. Resolves when the transport has reported an
 * instance that receives traffic. If it reports none, resolves when a gateway has answered, or after 1.5 s.
 *
 * @example
 * const orders = await discover('/orders');
 * const response = await fetch(`${orders.pick()?.url}/orders`);
 *
 * @throws RollcallError as above, and ROLLCALL_ANNOUNCEMENT if the prefix is invalid
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
  if (directory.isConnected)
    await Promise.race([directory.ready(READY_MS), found(directory, prefix.value)]);
  return new Service(directory, prefix.value);
}

/** Resolves when the presence channels have reported an instance of this prefix that receives traffic. */
function found(directory: Directory, prefix: string): Promise<void> {
  return new Promise((resolve) => {
    directory.once('resynced', () => {
      if (directory.routable(prefix).length > 0) resolve();
    });
  });
}

async function connected(options: DiscoverOptions): Promise<Directory> {
  const registry = options.registry ?? registryFromEnv(process.env);
  warnIfReadable(registry);
  const directory = new Directory(registry, options);
  try {
    await started(directory, registry, options.timeoutMs ?? FIRST_CONNECTION_MS);
  } catch (error) {
    if (options.requireBroker === true || !(error instanceof Error)) {
      directory.close();
      throw error;
    }
    const report = new StartReport(options.logger, 'not connected yet');
    report.failed(error);
    directory.once('connected', () =>
      report.succeeded({ broker: describeServer(registry) }, 'connected to the broker'),
    );
  }
  return directory;
}

/** Settles with the first roll call, which shows that the program may subscribe and publish. */
function started(directory: Directory, registry: RegistryConfig, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const onRejected = (reason: string): void => settle(() => reject(refusedBy(registry, reason)));
    const onFault = (error: Error): void => settle(() => reject(error));
    const onRollCall = (): void => settle(resolve);
    const timer = setTimeout(() => {
      const reason = `no WebSocket connection within ${timeoutMs / 1000} s`;
      onFault(unreachable(registry, reason));
    }, timeoutMs);
    function settle(act: () => void): void {
      isOver = true;
      clearTimeout(timer);
      directory.off('rollcall-sent', onRollCall);
      directory.off('fault', onFault);
      directory.off('rejected', onRejected);
      act();
    }
    directory.on('rollcall-sent', onRollCall);
    directory.on('fault', onFault);
    directory.on('rejected', onRejected);
    // A WebSocket that cannot be opened does not report why.
    void whyUnreachable(registry, () => isOver).then((code) => {
      if (code !== undefined && !isOver) onFault(unreachable(registry, code));
    });
  });
}
