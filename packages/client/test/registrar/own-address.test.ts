import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ownAddress } from '@rollcall/client';

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
