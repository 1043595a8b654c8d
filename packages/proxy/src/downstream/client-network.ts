/** The first 64 bits: the part of an IPv6 address that a provider assigns. A client chooses the rest. */
const NETWORK_GROUPS = 4;

/**
 * Returns what counts as one client: an IPv4 address, or the first 64 bits of an IPv6 address, because one client has all
 * addresses that begin with them.
 *
 * @param address as a socket gives it
 */
export function clientNetwork(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [start = '', end] = address.split('::', 2);
  const groups = start === '' ? [] : start.split(':');
  if (end !== undefined && end !== '') {
    // A dotted part stands for two groups.
    const last = end.split(':').flatMap((group) => (group.includes('.') ? [group, group] : group));
    while (groups.length + last.length < 8) groups.push('0');
    groups.push(...last);
  }
  while (groups.length < NETWORK_GROUPS) groups.push('0');
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}
