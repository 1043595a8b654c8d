import { addressRanges } from './address-ranges.ts';
import type { Announcement } from '../wire/announcement-types.ts';
import { isLoopback, withEmbedded } from '../wire/address.ts';
import { quote } from '../untrusted.ts';
import type { Refusal } from '../wire/refusal.ts';

/** Which addresses of instances an observer accepts. */
export interface AddressRules {
  /** CIDRs or single addresses. If there is one, only addresses in one of them are accepted. */
  readonly allow: readonly string[];
  /** CIDRs or single addresses that are refused, even if they are in an allowed range. */
  readonly deny: readonly string[];
  /** Whether loopback addresses are accepted: for an observer that itself listens on loopback. */
  readonly allowsLoopback: boolean;
  /**
   * Returns what of the observer's own listens at an endpoint, such as `the broker`: requests to an instance there would
   * reach the observer itself. The address is in canonical form.
   */
  readonly ownAt: (address: string, port: number) => string | undefined;
}

/** Returns why an announcement is refused, or undefined if it is accepted. */
export type AddressPolicy = (
  announcement: Pick<Announcement, 'address' | 'port'>,
) => Refusal | undefined;

/**
 * Metadata services of clouds, which give a machine's secrets to any program on it. The one at
 * 169.254.169.254 is link-local, and link-local addresses are always refused: see address.ts.
 */
const METADATA: ReadonlySet<string> = new Set([
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd20:ce::254',
]);

/** Ranges that no network uses for hosts, unless its operator allows them. */
const RESERVED = addressRanges(['240.0.0.0/4', 'fec0::/10']);

/** A policy by rules, or a string that says which rule is invalid. Addresses have to be in canonical form. */
export function addressPolicy(rules: AddressRules): AddressPolicy | string {
  const isAllowed = addressRanges(rules.allow);
  if (typeof isAllowed === 'string') return isAllowed;
  const isDenied = addressRanges(rules.deny);
  if (typeof isDenied === 'string') return isDenied;
  const forbidden = (address: string): string | undefined => {
    const all = withEmbedded(address);
    if (all.some(isDenied)) return 'it is in a denied range';
    if (rules.allow.length > 0) {
      return isAllowed(address) ? undefined : 'it is in no allowed range';
    }
    if (all.some((each) => METADATA.has(each))) return "it is a cloud's metadata service";
    if (!rules.allowsLoopback && all.some(isLoopback)) {
      return 'a gateway accepts loopback addresses only if it listens on loopback itself: announce an address of the network, or allow 127.0.0.0/8';
    }
    if (typeof RESERVED !== 'string' && all.some(RESERVED)) {
      return 'it is in a reserved range; allow it if your network uses that';
    }
    return undefined;
  };
  return ({ address, port }) => {
    const [own] = withEmbedded(address).flatMap((each) => rules.ownAt(each, port) ?? []);
    const why = own === undefined ? forbidden(address) : `it is ${own}`;
    return why === undefined
      ? undefined
      : { code: 'forbidden-address', reason: `address ${quote(address)}: ${why}` };
  };
}
