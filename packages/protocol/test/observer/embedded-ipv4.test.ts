import { describe, expect, it } from 'vitest';
import { addressPolicy, parseAddress, parseAnnouncement } from '@rollcall/protocol';

/** Why a gateway with these denied ranges refuses an address, or undefined if it accepts it. */
function refusalOf(address: string, deny: readonly string[] = [], allow: readonly string[] = []) {
  const policy = addressPolicy({ allow, deny, allowsLoopback: false, ownAt: () => undefined });
  if (typeof policy === 'string') throw new Error(policy);
  const parsed = parseAnnouncement({ prefix: '/v1', port: 1, address });
  return parsed.ok ? policy(parsed.value)?.code : parsed.refusal.code;
}

describe('an IPv6 address that embeds an IPv4 address', () => {
  it.each([
    ['NAT64', '64:ff9b::a9fe:a9fe'],
    ['local NAT64 of 96 bits', '64:ff9b:1::a9fe:a9fe'],
    ['local NAT64 of 48 bits', '64:ff9b:1:a9fe:a9:fe00::'],
    ['6to4', '2002:a9fe:a9fe::'],
    ['IPv4-compatible', '::a9fe:a9fe'],
    ['IPv4-mapped', '::ffff:a9fe:a9fe'],
    ['IPv4-translated', '::ffff:0:a9fe:a9fe'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:5601:5601'],
    ['ISATAP', 'fd00::5efe:a9fe:a9fe'],
  ])('is refused if that is link-local: %s', (_name, address) => {
    expect(parseAddress(address).ok).toBe(false);
  });

  it.each(['64:ff9b::0a01:0203', '2002:a01:203::', '::ffff:10.1.2.3', '::ffff:0:a01:203'])(
    'is refused if that is denied: %s',
    (address) => {
      expect(refusalOf(address, ['10.0.0.0/8'])).toBe('forbidden-address');
      expect(refusalOf(address)).toBeUndefined();
    },
  );

  it.each(['64:ff9b::6464:64c8', '64:ff9b::7f00:1', '2002:c000:c0::'])(
    'is refused if that is a metadata service or loopback: %s',
    (address) => expect(refusalOf(address)).toBe('forbidden-address'),
  );

  it.each(['fd00::7', '2001:db8::7', '64:ff9b::0a01:0203'])(
    'is accepted otherwise: %s',
    (address) => expect(refusalOf(address)).toBeUndefined(),
  );
});

describe('an address that no network uses for hosts', () => {
  it.each(['240.0.0.1', 'fec0::1', '192.0.0.192'])('is refused: %s', (address) => {
    expect(refusalOf(address)).toBe('forbidden-address');
  });

  it('is accepted if the operator allows it', () => {
    expect(refusalOf('240.0.0.1', [], ['240.0.0.0/4'])).toBeUndefined();
  });
});
