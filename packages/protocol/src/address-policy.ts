import ipaddr from 'ipaddr.js';
import type { Announcement } from './announcement.ts';
import { isLoopback } from './development.ts';
import { quote } from './refusal.ts';
import type { Refusal } from './refusal.ts';

/** Which addresses of instances an observer takes. */
export interface AddressRules {
  /** CIDRs, or single addresses. If any is given, only what is in one of them is taken. */
  readonly allow: readonly string[];
  /** CIDRs whose addresses are refused, allowed or not. */
  readonly deny: readonly string[];
  /** Loopback is taken too. For an observer that is itself on loopback. */
  readonly allowsLoopback: boolean;
  /** Where the observer itself listens: whoever announces that would send it its own requests. */
  readonly self: readonly { readonly address: string; readonly port: number }[];
}

/** Says why an announcement is not taken; nothing if it is. */
export type AddressPolicy = (announcement: Announcement) => Refusal | undefined;

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * Metadata services of clouds, which tell whoever asks from a machine its secrets. The one at
 * 169.254.169.254 is link-local, which no announcement may be: see address.ts.
 */
const METADATA: ReadonlySet<string> = new Set([
  '100.100.100.200',
  '168.63.129.16',
  'fd00:ec2::254',
  'fd20:ce::254',
]);

/** A policy, or a string that says which rule cannot be read. Addresses are expected in canonical form. */
export function addressPolicy(rules: AddressRules): AddressPolicy | string {
  const lists = { allow: [] as Range[], deny: [] as Range[] };
  for (const name of ['allow', 'deny'] as const) {
    for (const text of rules[name]) {
      const range = parseRange(text);
      if (range === undefined) {
        return `${quote(text)} is no address range; write one such as 10.0.0.0/8 or fd00::/8`;
      }
      lists[name].push(range);
    }
  }
  return ({ address, port }) => {
    const isSelf = rules.self.some((own) => own.address === address && own.port === port);
    const why = isSelf ? 'that is this gateway itself' : forbidden(address);
    return why === undefined
      ? undefined
      : { code: 'forbidden-address', reason: `address ${quote(address)}: ${why}` };
  };

  function forbidden(address: string): string | undefined {
    if (isIn(lists.deny, address)) return 'it is in a denied range';
    if (lists.allow.length > 0) {
      return isIn(lists.allow, address) ? undefined : 'it is in no allowed range';
    }
    if (METADATA.has(address)) return "that is a cloud's metadata service";
    if (!rules.allowsLoopback && isLoopback(address)) {
      return 'loopback is for instances beside a gateway that is on loopback itself; announce an address of the network, or allow 127.0.0.0/8';
    }
    return undefined;
  }
}

function isIn(ranges: readonly Range[], text: string): boolean {
  const address = ipaddr.parse(text);
  return ranges.some(([net, bits]) => net.kind() === address.kind() && address.match(net, bits));
}

function parseRange(text: string): Range | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);
  if (!isAddress || rest.length > 0) return undefined;
  const net = ipaddr.parse(address);
  // An announcement of such an address is one of IPv4: a range of them would match nothing.
  if (net instanceof ipaddr.IPv6 && net.isIPv4MappedAddress()) return undefined;
  const most = net.kind() === 'ipv4' ? 32 : 128;
  if (bits === undefined) return [net, most];
  if (!/^[0-9]{1,3}$/.test(bits) || Number(bits) > most) return undefined;
  return [net, Number(bits)];
}
