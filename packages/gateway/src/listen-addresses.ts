import { networkInterfaces } from 'node:os';
import { parseAddress } from '@rollcall/protocol';

export interface Endpoint {
  /** In canonical form, as in announcements. */
  readonly address: string;
  readonly port: number;
}

/** Returns every endpoint at which a listener on this host and port is reached, loopback included. */
export function listenAddresses(host: string, port: number): Endpoint[] {
  return addressesOf(host).map((address) => ({ address, port }));
}

function addressesOf(host: string): string[] {
  if (host === 'localhost') return ['127.0.0.1', '::1'];
  if (host === '0.0.0.0' || host === '::') {
    const interfaces = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    return interfaces.map(({ address }) => address);
  }
  const parsed = parseAddress(host);
  return parsed.ok ? [parsed.value] : [];
}
