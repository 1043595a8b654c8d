import ipaddr from 'ipaddr.js';
import { embeddedIPv4 } from './embedded-ipv4.ts';
import { accept, refuse } from './refusal.ts';
import { quote } from '../untrusted.ts';
import type { Parsed } from './refusal.ts';

/** Ranges in which no instance can be reached by HTTP. */
const UNROUTABLE: ReadonlySet<string> = new Set([
  'unspecified',
  'multicast',
  'broadcast',
  'linkLocal',
]);

/**
 * An IP address in canonical form: dotted decimal, or RFC 5952 for IPv6 (no brackets, no zone).
 * An IPv4-mapped IPv6 address becomes IPv4. Host names are refused, because an observer cannot trust what they
 * resolve to.
 */
export function parseAddress(input: unknown): Parsed<string> {
  const address = typeof input === 'string' ? readAddress(input) : undefined;
  if (address === undefined) {
    return refuse(
      'bad-address',
      `address is ${quote(input)}; it must be an IP address such as "10.0.0.7" or "fd00::7"`,
    );
  }
  const range = [address, ...insideOf(address)]
    .map((each) => each.range())
    .find((each) => UNROUTABLE.has(each));
  if (range !== undefined) {
    return refuse(
      'bad-address',
      `address ${quote(input)} is ${range}; no instance can be reached there`,
    );
  }
  return accept(address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString());
}

/** The IPv4 addresses inside an IPv6 address. `::` and `::1` have none, although they begin as one that has. */
function insideOf(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4[] {
  const range = address.range();
  const inside = range === 'unspecified' || range === 'loopback' ? [] : embeddedIPv4(address);
  // Of several places where an address may be, the others are usually empty.
  return inside.filter((each) => each.range() !== 'unspecified');
}

/** An address in canonical form, and the IPv4 addresses that it embeds: a rule about any of them concerns it. */
export function withEmbedded(address: string): string[] {
  return [address, ...insideOf(ipaddr.parse(address)).map((each) => each.toString())];
}

function readAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // Only four decimal parts, alone or mapped: programs disagree about 0177.1, 2130706433 and ::1.2.3.4.
  const dotted = text.includes('.') ? text.replace(/^::ffff:/i, '') : undefined;
  if (dotted !== undefined) {
    return ipaddr.IPv4.isValidFourPartDecimal(dotted) ? ipaddr.IPv4.parse(dotted) : undefined;
  }
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/** Whether a host, as it is written in a URL or an option, is on this machine's loopback interface. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (bare === 'localhost') return true;
  if (ipaddr.IPv4.isValidFourPartDecimal(bare))
    return ipaddr.IPv4.parse(bare).range() === 'loopback';
  if (!ipaddr.IPv6.isValid(bare)) return false;
  const address = ipaddr.IPv6.parse(bare);
  return (address.isIPv4MappedAddress() ? address.toIPv4Address() : address).range() === 'loopback';
}

const BELOW_LOCALHOST = /^(?:[^.]+\.)+localhost$/;

/**
 * Whether a host that a browser or another client names is loopback: names below `localhost` are too (RFC 6761 §6.3). Where a
 * program listens or connects, only {@link isLoopback} counts, because not every resolver follows that RFC.
 */
export function isLoopbackName(host: string): boolean {
  return isLoopback(host) || BELOW_LOCALHOST.test(host.toLowerCase());
}
