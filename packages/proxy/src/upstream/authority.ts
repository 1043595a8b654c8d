import type { Upstream } from '../proxy.ts';

/** Returns where an upstream is, as a Host. */
export function authorityOf({ address, port }: Pick<Upstream, 'address' | 'port'>): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
