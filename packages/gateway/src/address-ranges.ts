import { addressRanges, RollcallError } from '@rollcall/protocol';
import type { AddressRanges } from '@rollcall/protocol';

/**
 * Returns whether an address is in one of some ranges, which a configuration names.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function rangesOf(cidrs: readonly string[]): AddressRanges {
  const ranges = addressRanges(cidrs);
  if (typeof ranges === 'string') throw new RollcallError('ROLLCALL_CONFIG', ranges);
  return ranges;
}
