import { setTimeout as delay } from 'node:timers/promises';
import { parsePrefix, RollcallError } from '@rollcall/protocol';
import { describeBroker } from '../transport/broker-config.ts';
import { connectionsOf, registryFromEnv, warnIfReadable } from '../transport/registry-config.ts';
import type { ConnectionConfig } from '../transport/registry-config.ts';
import { StartReport } from '../report.ts';
import { refusedBy, unreachable, whyUnreachable } from '../transport/reach.ts';
import { Directory } from './directory.ts';
import type { DiscoverOptions } from './discover-options.ts';
import { found } from './found.ts';
import { Service } from './service.ts';

const FIRST_CONNECTION_MS = 10_000;
/** A gateway answers within one round trip. This allows for a distant broker. */
const READY_MS = 1500;
/** Once one broker is connected, the others have this long before the start goes on without them. */
const OTHERS_MS = 300;

/**
 * Subscribes to the registry and keeps a live table of its instances. Resolves when the channel is subscribed and
 * a broker has accepted a roll call, or when the first attempt has failed at every one: that is reported, and retried until it
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

async function connected(options: DiscoverOptions): Promise<Directory> {
  const registry = options.registry ?? registryFromEnv(process.env);
  warnIfReadable(registry);
  const directory = new Directory(registry, options);
  const connections = connectionsOf(registry);
  const attempts = connections.map((each) =>
    firstAttempt(directory, each, options.timeoutMs ?? FIRST_CONNECTION_MS),
  );
  const isConnected = await anySucceeds(attempts);
  if (!isConnected && options.requireBroker === true) {
    directory.close();
    throw (await attempts[0]) ?? new Error('the first attempt has failed');
  }
  const reported = Promise.all(
    connections.map(async (connection, number) => {
      const failure = await attempts[number];
      if (failure !== undefined && !directory.isClosed)
        reportUntilConnected(directory, connection, failure, options);
    }),
  );
  await (isConnected
    ? Promise.race([reported, delay(OTHERS_MS, undefined, { ref: false })])
    : reported);
  return directory;
}

function reportUntilConnected(
  directory: Directory,
  connection: ConnectionConfig,
  failure: Error,
  { logger }: DiscoverOptions,
): void {
  const broker = describeBroker(connection);
  const report = new StartReport(logger, 'not connected yet');
  report.failed(failure);
  const onConnected = (name: string): void => {
    if (name !== broker) return;
    directory.off('broker-connected', onConnected);
    report.succeeded({ broker }, 'connected to the broker');
  };
  directory.on('broker-connected', onConnected);
}

/** Resolves to true with the first attempt that has not failed, or to false when all have. */
function anySucceeds(attempts: readonly Promise<Error | undefined>[]): Promise<boolean> {
  const successes = attempts.map(async (attempt) => {
    const failure = await attempt;
    if (failure !== undefined) throw failure;
    return true;
  });
  return Promise.any(successes).catch(() => false);
}

/**
 * Resolves with the first roll call at a broker, which shows that the program may subscribe and publish there, or to the reason
 * why there is none.
 */
function firstAttempt(
  directory: Directory,
  connection: ConnectionConfig,
  timeoutMs: number,
): Promise<Error | undefined> {
  const name = describeBroker(connection);
  return new Promise((resolve) => {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, directory.closing]);
    const onRejected = (reason: string, broker: string): void => {
      if (broker === name) settle(refusedBy(connection, reason));
    };
    const onFault = (error: Error, broker: string): void => {
      if (broker === name) settle(error);
    };
    const onRollCall = (broker: string): void => {
      if (broker === name) settle(undefined);
    };
    let speaksHttp = false;
    const timer = setTimeout(() => {
      const missing = speaksHttp ? 'WebSocket connection' : 'response';
      settle(unreachable(connection, `no ${missing} within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    directory.closing.addEventListener('abort', () => clearTimeout(timer), { once: true });
    function settle(failure: Error | undefined): void {
      over.abort();
      clearTimeout(timer);
      directory.off('rollcall-sent', onRollCall);
      directory.off('fault', onFault);
      directory.off('rejected', onRejected);
      resolve(failure);
    }
    directory.on('rollcall-sent', onRollCall);
    directory.on('fault', onFault);
    directory.on('rejected', onRejected);
    // A WebSocket that cannot be opened does not report why.
    void whyUnreachable(connection, signal).then((code) => {
      speaksHttp = code === undefined;
      if (code !== undefined && !signal.aborted) settle(unreachable(connection, code));
    });
  });
}
