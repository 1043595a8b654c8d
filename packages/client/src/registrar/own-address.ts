import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isLoopback, parseAddress, RollcallError } from '@rollcall/protocol';
import { endpointOf } from '../transport/reach.ts';
import { isLocal } from '../transport/registry-config.ts';
import type { BrokerConfig } from '../transport/broker-config.ts';
import type { Environment, RegistryConfig } from '../transport/registry-config.ts';

type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * The address that a service on this machine announces by default: see {@link AnnouncementOptions.address}. With a
 * broker on another machine it is the one from which this machine reaches the broker, because a machine has
 * others, such as those of container bridges, that the rest of the network cannot reach.
 *
 * @throws RollcallError ROLLCALL_NO_ADDRESS
 */
export async function announcedAddress(
  registry: RegistryConfig,
  env: Environment,
): Promise<string> {
  const configured = configuredAddress(registry, env);
  if (configured !== undefined) return configured;
  const towards = await addressTowards(registry).catch(() => undefined);
  return towards ?? ownAddress();
}

/** The part of {@link announcedAddress} that needs no network. */
export function configuredAddress(registry: RegistryConfig, env: Environment): string | undefined {
  const given = env['ROLLCALL_ADDRESS'];
  if (given !== undefined && given !== '') return given;
  return isLocal(registry) ? '127.0.0.1' : undefined;
}

/**
 * The local end of the way to a broker, unless other machines cannot reach that end: the first broker counts to which there is a
 * way. A datagram socket asks the system for it: connecting one sends nothing.
 *
 * @throws the system's error if no broker's host can be resolved, or there is no way to any
 */
export async function addressTowards({ brokers }: RegistryConfig): Promise<string | undefined> {
  const found = await Promise.allSettled(brokers.map(addressTowardsBroker));
  const addresses = found.map((each) => (each.status === 'fulfilled' ? each.value : undefined));
  const address = addresses.find((each) => each !== undefined);
  if (address === undefined && found.every(({ status }) => status === 'rejected'))
    await addressTowardsBroker(brokers[0]);
  return address;
}

async function addressTowardsBroker(broker: BrokerConfig): Promise<string | undefined> {
  const { host, port } = endpointOf(broker);
  const { address } = await lookup(host);
  const local = await localEndTowards(address, port);
  return parseAddress(local).ok && !isLoopback(local) ? local : undefined;
}

function localEndTowards(address: string, port: number): Promise<string> {
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
  const reachable = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter((each) => !each.internal && parseAddress(each.address).ok);
  const found = reachable.find((each) => each.family === 'IPv4') ?? reachable[0];
  if (found === undefined) {
    throw new RollcallError(
      'ROLLCALL_NO_ADDRESS',
      'this machine has no address that other machines can reach: set ROLLCALL_ADDRESS or the option address',
    );
  }
  return found.address;
}
