import { expect, it } from 'vitest';
import { addressRanges } from '../../src/observer/address-ranges.ts';
import type { AddressRanges } from '../../src/observer/address-ranges.ts';

function ranges(...texts: string[]): AddressRanges {
  const made = addressRanges(texts);
  if (typeof made === 'string') throw new Error(made);
  return made;
}

it.each([
  ['10.255.0.1', true],
  ['11.0.0.1', false],
  ['::ffff:10.0.0.1', true],
  ['192.0.2.7', true],
  ['192.0.2.8', false],
  ['fd00:1::2', true],
  ['fe80::1%eth0', false],
  ['', false],
  ['unknown', false],
])('%s is in 10.0.0.0/8, 192.0.2.7 or fd00::/8: %s', (address, isIn) => {
  expect(ranges('10.0.0.0/8', '192.0.2.7', 'fd00::/8')(address)).toBe(isIn);
});

it('an empty list contains no address', () => {
  expect(ranges()('127.0.0.1')).toBe(false);
});

it.each(['10.0.0.0/33', '10.0.0.0/8/8', 'example.com', '', '10.1', '::ffff:10.0.0.0/104', '::/-1'])(
  '%j is reported as invalid',
  (text) => {
    expect(addressRanges(['10.0.0.0/8', text])).toMatch(/is not an address range/);
  },
);
