import ipaddr from 'ipaddr.js';
import { quote } from '../untrusted.ts';

/** Whether an address is in one of several ranges. Text that is not an address is in none. */
export type AddressRanges = (address: string) => boolean;

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * Ranges by CIDRs or single addresses, or a string that says which is invalid. An IPv4-mapped IPv6 address is
 * matched as IPv4.
 */
export function addressRanges(texts: readonly string[]): AddressRanges | string {
  const ranges: Range[] = [];
  for (const text of texts) {
    const range = parseRange(text);
    if (range === undefined) {
      return `${quote(text)} is not an address range; write one such as 10.0.0.0/8 or fd00::/8`;
    }
    ranges.push(range);
  }
  return (text) => {
    if (ranges.length === 0 || !ipaddr.isValid(text)) return false;
    const address = ipaddr.process(text);
    return ranges.some(([net, bits]) => net.kind() === address.kind() && address.match(net, bits));
  };
}

function parseRange(text: string): Range | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);
  if (!isAddress || rest.length > 0) return undefined;
  const net = ipaddr.parse(address);
  // Addresses are compared as IPv4, so a range of mapped ones would match nothing.
  if (net instanceof ipaddr.IPv6 && net.isIPv4MappedAddress()) return undefined;
  const maxBits = net.kind() === 'ipv4' ? 32 : 128;
  if (bits === undefined) return [net, maxBits];
  if (!/^[0-9]{1,3}$/.test(bits) || Number(bits) > maxBits) return undefined;
  return [net, Number(bits)];
}
