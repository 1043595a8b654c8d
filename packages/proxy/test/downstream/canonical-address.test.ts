import { expect, it } from 'vitest';
import { canonicalAddress } from '../../src/downstream/canonical-address.ts';
import { peerOf } from '../../src/downstream/forwarded-fields.ts';

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['0:0:0:0:0:FFFF:C000:0201', '192.0.2.1'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:0db8::0001', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::1', '::1'],
  ['192.0.2.01', undefined],
  ['192.0.2', undefined],
  ['[::1]', undefined],
  ['192.0.2.1:80', undefined],
  ['unknown', undefined],
  ['', undefined],
])('%s is %s', (text, address) => {
  expect(canonicalAddress(text)).toBe(address);
});

it('the peer of a connection by IPv4 to a socket of IPv6 has its IPv4 address', () => {
  const socket = { remoteAddress: '::ffff:192.0.2.1', localPort: 1500 };
  expect(peerOf(socket as Parameters<typeof peerOf>[0]).address).toBe('192.0.2.1');
});
