import { networkInterfaces } from 'node:os';
import { isLoopback, parseAddress } from '@rollcall/protocol';

/** Hosts of a listener on every address of the machine. */
const EVERY = new Set(['0.0.0.0', '::']);

/**
 * Returns whether a listener on this host of this machine is reached at an address.
 * @param address in canonical form, as in announcements
 */
export function isReachedAt(host: string, address: string): boolean {
  if (host === 'localhost') return address === '127.0.0.1' || address === '::1';
  if (EVERY.has(host)) return isOfThisMachine(address);
  const parsed = parseAddress(host);
  return parsed.ok && parsed.value === address;
}

/** Returns whether an address in canonical form leads to this machine: all of 127.0.0.0/8 does. */
export function isOfThisMachine(address: string): boolean {
  if (isLoopback(address)) return true;
  const interfaces = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return interfaces.some((each) => each.address === address);
}
