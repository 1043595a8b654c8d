import { expect, it } from 'vitest';
import { upstreamPolicy } from '../src/address-policies.ts';
import { OwnEndpoints } from '../src/own-endpoints.ts';

function policy(allow: string[] = [], deny: string[] = []) {
  const own = new OwnEndpoints();
  own.add("this gateway's admin API", '127.0.0.1', 1501);
  return upstreamPolicy({ host: '0.0.0.0', allow, deny }, own);
}

it.each(['10.0.0.1', '127.0.0.1', '::1', 'fd00::1', '192.0.2.1'])(
  'an upstream may be at %s, even if instances may not announce it',
  (address) => {
    expect(policy()(address, 80)).toBeUndefined();
    expect(policy(['198.51.100.0/24'])(address, 80)).toBeUndefined();
  },
);

it.each([
  ['169.254.169.254', 80, /linkLocal/],
  ['fe80::1', 80, /linkLocal/],
  ['0.0.0.0', 1501, /unspecified/],
  ['fd00:ec2::254', 80, /metadata/],
  ['100.100.100.200', 80, /metadata/],
  ['::ffff:100.100.100.200', 80, /metadata/],
  ['127.0.0.1', 1501, /this gateway's admin API/],
  ['10.9.0.1', 80, /denied/],
  ['240.0.0.1', 80, /reserved/],
])('an upstream is refused at %s port %d', (address, port, reason) => {
  expect(policy([], ['10.9.0.0/16'])(address, port)).toMatch(reason);
});

it('an upstream may be in a reserved range that is allowed, but not at the gateway itself', () => {
  expect(policy(['240.0.0.0/4'])('240.0.0.1', 80)).toBeUndefined();
  expect(policy(['127.0.0.1'])('127.0.0.1', 1501)).toMatch(/admin API/);
});
