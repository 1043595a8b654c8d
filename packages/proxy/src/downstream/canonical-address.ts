import { isIP, SocketAddress } from 'node:net';

/**
 * Returns an IP address as it is always written, so that one client has one address: IPv6 as RFC 5952 has it and without a
 * zone, an IPv4-mapped one as IPv4. Undefined if it is none.
 */
export function canonicalAddress(text: string): string | undefined {
  const kind = isIP(text);
  if (kind !== 6) return kind === 4 ? text : undefined;
  const [address = ''] = text.split('%', 1);
  const { address: canonical } = new SocketAddress({ address, family: 'ipv6' });
  return canonical.replace(/^::ffff:(?=[0-9.]+$)/, '');
}
