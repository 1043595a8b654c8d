import { networkInterfaces } from 'node:os';

/** Every address and port at which a listener on this host and port is reached, loopback included. */
export function ownPlaces(host: string, port: number): { address: string; port: number }[] {
  const isEvery = host === '0.0.0.0' || host === '::';
  if (!isEvery) return [{ address: host === 'localhost' ? '127.0.0.1' : host, port }];
  const interfaces = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return interfaces.map(({ address }) => ({ address, port }));
}
