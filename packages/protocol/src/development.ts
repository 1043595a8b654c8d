import ipaddr from 'ipaddr.js';

/**
 * The app that every part uses when no credentials are set. It is public knowledge, so the broker
 * serves it on loopback only.
 */
export const DEVELOPMENT_APP = {
  appId: '1',
  key: 'rollcall-development-key',
  secret: 'rollcall-development-secret',
} as const;

/** Whether a host, as it stands in a URL or an option, is this machine's loopback. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (bare === 'localhost') return true;
  if (ipaddr.IPv4.isValidFourPartDecimal(bare))
    return ipaddr.IPv4.parse(bare).range() === 'loopback';
  if (!ipaddr.IPv6.isValid(bare)) return false;
  const address = ipaddr.IPv6.parse(bare);
  return (address.isIPv4MappedAddress() ? address.toIPv4Address() : address).range() === 'loopback';
}
