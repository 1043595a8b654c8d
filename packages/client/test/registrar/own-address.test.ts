import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { addressFromEnv, ownAddress } from '@rollcall/client';

function each(address: string, internal = false): NetworkInterfaceInfo {
  const common = { address, netmask: '', mac: '', internal, cidr: null };
  return address.includes(':')
    ? { ...common, family: 'IPv6', scopeid: 0 }
    : { ...common, family: 'IPv4' };
}

describe('ownAddress', () => {
  it('prefers IPv4, and skips unreachable addresses', () => {
    const interfaces = {
      lo: [each('127.0.0.1', true), each('::1', true)],
      eth0: [each('fe80::1'), each('fd00::7'), each('169.254.1.1'), each('172.17.0.4')],
      eth1: [each('10.0.0.1')],
    };
    expect(ownAddress(interfaces)).toBe('172.17.0.4');
  });

  it('uses IPv6 without IPv4', () => {
    expect(ownAddress({ eth0: [each('fe80::1'), each('fd00::7')] })).toBe('fd00::7');
  });

  it('says what to do without any address', () => {
    expect(() => ownAddress({ lo: [each('127.0.0.1', true)] })).toThrow(/ROLLCALL_ADDRESS/);
  });
});

describe('ROLLCALL_ADDRESS', () => {
  const interfaces = {
    lo: [each('127.0.0.1', true)],
    appdb: [each('172.19.0.2')],
    registry: [each('172.20.0.3'), each('fd00::7')],
  };
  const chosen = (given: string | undefined): string | undefined =>
    addressFromEnv({ ROLLCALL_ADDRESS: given }, interfaces);

  it.each<[string | undefined, string | undefined]>([
    [undefined, undefined],
    ['', undefined],
    ['10.0.0.7', '10.0.0.7'],
    ['172.20.0.0/16', '172.20.0.3'],
    ['172.16.0.0/12', '172.19.0.2'],
    ['fd00::/8', 'fd00::7'],
  ])('%j means the address %j', (given, expected) => {
    expect(chosen(given)).toBe(expected);
  });

  it('that names a range without an address of this machine is an error that lists those', () => {
    expect(() => chosen('10.0.0.0/8')).toThrow(
      'this machine has no address in 10.0.0.0/8, which ROLLCALL_ADDRESS names; other machines can reach 172.19.0.2, 172.20.0.3, fd00::7',
    );
    // Loopback is none that others reach.
    expect(() => chosen('127.0.0.0/8')).toThrow(/no address in 127/);
  });

  it('that is no range is an error', () => {
    expect(() => chosen('eth0/24')).toThrow(
      'ROLLCALL_ADDRESS: "eth0/24" is not an address range; write one such as 10.0.0.0/8 or fd00::/8',
    );
  });
});
