import { addressRanges } from './address-ranges.ts';
import type { Announcement } from '../wire/announcement-types.ts';
import { isLoopback } from '../wire/address.ts';
import { quote } from '../untrusted.ts';
import type { Refusal } from '../wire/refusal.ts';

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
  const isAllowed = addressRanges(rules.allow);
  if (typeof isAllowed === 'string') return isAllowed;
  const isDenied = addressRanges(rules.deny);
  if (typeof isDenied === 'string') return isDenied;
  const forbidden = (address: string): string | undefined => {
    if (isDenied(address)) return 'it is in a denied range';
    if (rules.allow.length > 0) {
      return isAllowed(address) ? undefined : 'it is in no allowed range';
    }
    if (METADATA.has(address)) return "that is a cloud's metadata service";
    if (!rules.allowsLoopback && isLoopback(address)) {
      return 'loopback is for instances beside a gateway that is on loopback itself; announce an address of the network, or allow 127.0.0.0/8';
    }
    return undefined;
  };
  return ({ address, port }) => {
    const isSelf = rules.self.some((own) => own.address === address && own.port === port);
    const why = isSelf ? 'that is this gateway itself' : forbidden(address);
    return why === undefined
      ? undefined
      : { code: 'forbidden-address', reason: `address ${quote(address)}: ${why}` };
  };
}
