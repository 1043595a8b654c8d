import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { NetworkInterfaceInfo } from 'node:os';
import { addressRanges, isLoopback, parseAddress, RollcallError } from '@rollcall/protocol';
import { httpTarget } from '@rollcall/runtime';
import { isLocalAuthServer } from '../transport/auth-server.ts';
import type { AuthServer } from '../transport/auth-server.ts';
import { endpointOf, unreachable } from '../transport/reach.ts';
import { isLocal } from '../transport/registry-config.ts';
import type { BrokerAddress } from '../transport/broker-config.ts';
import type { Environment, RegistryConfig } from '../transport/registry-config.ts';

type Interfaces = ReturnType<typeof networkInterfaces>;

interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * The address that a service on this machine announces by default: see {@link AnnouncementOptions.address}. With a
 * broker on another machine it is the one from which this machine reaches the broker, because a machine has
 * others, such as those of container bridges, that the rest of the network cannot reach.
 *
 * @throws RollcallError ROLLCALL_NO_ADDRESS
 */
export async function announcedAddress(
  registry: RegistryConfig | AuthServer,
  env: Environment,
): Promise<string> {
  const configured = configuredAddress(registry, env);
  if (configured !== undefined) return configured;
  const towards =
    'brokers' in registry
      ? addressTowards(registry.brokers)
      : localEndTowards(httpTarget(registry.authUrl));
  return (await towards.catch(() => undefined)) ?? ownAddress();
}

/**
 * The address that `ROLLCALL_ADDRESS` names, or the first one of this machine in the range that it names, such as
 * `10.0.0.0/8`; undefined if it is unset.
 * @param interfaces Default: the network interfaces of this machine.
 * @throws RollcallError ROLLCALL_CONFIG if it is no range, ROLLCALL_NO_ADDRESS if this machine has no address in it
 */
export function addressFromEnv(
  env: Environment,
  interfaces: Interfaces = networkInterfaces(),
): string | undefined {
  const given = env['ROLLCALL_ADDRESS'] ?? '';
  if (!given.includes('/')) return given === '' ? undefined : given;
  const isWithin = addressRanges([given]);
  if (typeof isWithin === 'string')
    throw new RollcallError('ROLLCALL_CONFIG', `ROLLCALL_ADDRESS: ${isWithin}`);
  const own = reachableOf(interfaces);
  const found = own.find(({ address }) => isWithin(address));
  if (found !== undefined) return found.address;
  const others = own.map(({ address }) => address).join(', ') || 'none';
  throw new RollcallError(
    'ROLLCALL_NO_ADDRESS',
    `this machine has no address in ${given}, which ROLLCALL_ADDRESS names; other machines can reach ${others}`,
  );
}

/** The part of {@link announcedAddress} that needs no network. */
export function configuredAddress(
  registry: RegistryConfig | AuthServer,
  env: Environment,
): string | undefined {
  const given = addressFromEnv(env);
  if (given !== undefined) return given;
  const isHere = 'brokers' in registry ? isLocal(registry) : isLocalAuthServer(registry);
  return isHere ? '127.0.0.1' : undefined;
}

/**
 * The local end of the way to a broker, unless other machines cannot reach that end: the first broker counts to which there is a
 * way. A datagram socket asks the system for it: connecting one sends nothing.
 *
 * @throws RollcallError ROLLCALL_BROKER_UNREACHABLE if no broker's host can be resolved, or there is no way to any
 */
export async function addressTowards(
  brokers: readonly BrokerAddress[],
): Promise<string | undefined> {
  const found = await Promise.allSettled(brokers.map((each) => localEndTowards(endpointOf(each))));
  const addresses = found.map((each) => (each.status === 'fulfilled' ? each.value : undefined));
  const address = addresses.find((each) => each !== undefined);
  const failures = found.filter((each) => each.status === 'rejected');
  const [first] = brokers;
  if (first !== undefined && failures.length === found.length)
    throw unreachable(first, codeOf(failures[0]?.reason));
  return address;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
}

/** Returns undefined for an end that other machines cannot reach. */
async function localEndTowards({ host, port }: Endpoint): Promise<string | undefined> {
  const { address } = await lookup(host);
  const local = await localEnd(address, port);
  return parseAddress(local).ok && !isLoopback(local) ? local : undefined;
}

function localEnd(address: string, port: number): Promise<string> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  return new Promise<string>((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(port, address, (error?: Error) => {
      if (error === undefined) resolve(socket.address().address);
      else reject(error);
    });
  }).finally(() => socket.close());
}

/**
 * The first address of this machine that other machines can reach: IPv4 if there is one, IPv6 otherwise.
 * @param interfaces Default: the network interfaces of this machine.
 * @throws RollcallError ROLLCALL_NO_ADDRESS
 */
export function ownAddress(interfaces: Interfaces = networkInterfaces()): string {
  const reachable = reachableOf(interfaces);
  const found = reachable.find((each) => each.family === 'IPv4') ?? reachable[0];
  if (found === undefined) {
    throw new RollcallError(
      'ROLLCALL_NO_ADDRESS',
      'this machine has no address that other machines can reach: set ROLLCALL_ADDRESS or the option address',
    );
  }
  return found.address;
}

function reachableOf(interfaces: Interfaces): NetworkInterfaceInfo[] {
  return Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter((each) => !each.internal && parseAddress(each.address).ok);
}
