import { networkInterfaces } from 'node:os';
import { parseAddress } from '@rollcall/protocol';

export interface Place {
  /** In canonical form, as announcements have it. */
  readonly address: string;
  readonly port: number;
}

/** Every address and port at which a listener on this host and port is reached, loopback included. */
export function ownPlaces(host: string, port: number): Place[] {
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
