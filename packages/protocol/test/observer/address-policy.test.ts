import { describe, expect, it } from 'vitest';
import { addressPolicy, parseAnnouncement } from '@rollcall/protocol';
import type { AddressRules } from '@rollcall/protocol';

/** Whether an announcement of this address is taken; `bad-address` if it is none in the first place. */
function judge(address: string, rules: Partial<AddressRules> = {}, port = 3000): string {
  const policy = addressPolicy({
    allow: [],
    deny: [],
    allowsLoopback: false,
    ownAt: () => undefined,
    ...rules,
  });
  if (typeof policy === 'string') throw new Error(policy);
  const parsed = parseAnnouncement({ prefix: '/v1', port, address });
  if (!parsed.ok) return parsed.refusal.code;
  return policy(parsed.value)?.code ?? 'taken';
}

const FORBIDDEN = 'forbidden-address';
const EVERYTHING = ['0.0.0.0/0', '::/0'];

describe('an address policy', () => {
  it.each([
    ['10.0.0.7', 'taken'],
    ['192.168.1.1', 'taken'],
    ['8.8.8.8', 'taken'],
    ['fd00::7', 'taken'],
    ['2001:db8::1', 'taken'],
    ['127.0.0.1', FORBIDDEN],
    ['127.9.9.9', FORBIDDEN],
    ['::1', FORBIDDEN],
    ['::ffff:127.0.0.1', FORBIDDEN],
    ['::ffff:7f00:1', FORBIDDEN],
    ['100.100.100.200', FORBIDDEN],
    ['::ffff:100.100.100.200', FORBIDDEN],
    ['168.63.129.16', FORBIDDEN],
    ['fd00:ec2::254', FORBIDDEN],
    ['fd00:0ec2:0000::0:254', FORBIDDEN],
    ['FD20:CE::254', FORBIDDEN],
    ['fd00:ec2::253', 'taken'],
    // No announcement may be there, under any policy.
    ['169.254.169.254', 'bad-address'],
    ['::ffff:169.254.169.254', 'bad-address'],
    ['::ffff:a9fe:a9fe', 'bad-address'],
    ['fe80::1', 'bad-address'],
    ['0.0.0.0', 'bad-address'],
  ])('without rules, %s is %s', (address, expected) => {
    expect(judge(address)).toBe(expected);
  });

  it.each(['127.0.0.1', '127.1.2.3', '::1'])(
    'accepts %s if the gateway is on loopback',
    (address) => {
      expect(judge(address, { allowsLoopback: true })).toBe('taken');
    },
  );

  it('refuses a metadata service even if the gateway is on loopback', () => {
    expect(judge('168.63.129.16', { allowsLoopback: true })).toBe(FORBIDDEN);
  });

  it.each([
    ['10.0.0.7', ['10.0.0.0/8'], 'taken'],
    ['11.0.0.7', ['10.0.0.0/8'], FORBIDDEN],
    ['11.0.0.7', ['10.0.0.0/8', '11.0.0.0/30'], FORBIDDEN],
    ['11.0.0.3', ['10.0.0.0/8', '11.0.0.0/30'], 'taken'],
    ['10.0.0.7', ['10.0.0.7'], 'taken'],
    ['10.0.0.8', ['10.0.0.7'], FORBIDDEN],
    ['10.9.9.9', ['10.1.2.3/8'], 'taken'],
    ['fd00::7', ['fd00::/8'], 'taken'],
    ['fd00::7', ['10.0.0.0/8'], FORBIDDEN],
    ['10.0.0.7', ['::/0'], FORBIDDEN],
    ['::ffff:10.0.0.7', ['10.0.0.0/8'], 'taken'],
    // Whoever names a range means what is in it.
    ['127.0.0.1', ['127.0.0.0/8'], 'taken'],
    ['168.63.129.16', ['168.63.129.16'], 'taken'],
    ['127.0.0.1', ['10.0.0.0/8'], FORBIDDEN],
    ['169.254.169.254', EVERYTHING, 'bad-address'],
  ])('%s with only %j allowed is %s', (address, allow, expected) => {
    expect(judge(address, { allow })).toBe(expected);
  });

  it('refuses loopback addresses outside the allowed list even if the gateway is on loopback', () => {
    expect(judge('127.0.0.1', { allow: ['10.0.0.0/8'], allowsLoopback: true })).toBe(FORBIDDEN);
  });

  it.each([
    ['10.0.0.7', ['10.0.0.0/8'], [], FORBIDDEN],
    ['11.0.0.7', ['10.0.0.0/8'], [], 'taken'],
    ['10.0.0.7', ['10.0.0.0/8'], ['10.0.0.7'], FORBIDDEN],
    ['10.0.0.7', ['10.0.0.7'], ['10.0.0.0/8'], FORBIDDEN],
    ['10.0.0.8', ['10.0.0.7'], ['10.0.0.0/8'], 'taken'],
    ['::ffff:10.0.0.7', ['10.0.0.0/8'], [], FORBIDDEN],
    ['fd00::7', ['fd00::/8'], EVERYTHING, FORBIDDEN],
    ['10.0.0.7', ['0.0.0.0/0'], EVERYTHING, FORBIDDEN],
  ])('%s with %j denied and %j allowed is %s', (address, deny, allow, expected) => {
    expect(judge(address, { deny, allow })).toBe(expected);
  });

  it('always refuses the gateway’s own address and port, and accepts other ports', () => {
    const own = new Set(['10.0.0.1', '::1']);
    const ownAt: AddressRules['ownAt'] = (address, port) =>
      own.has(address) && port === 1500 ? 'this gateway itself' : undefined;
    const rules = { ownAt, allow: EVERYTHING, allowsLoopback: true };
    expect(judge('10.0.0.1', rules, 1500)).toBe(FORBIDDEN);
    expect(judge('::ffff:10.0.0.1', rules, 1500)).toBe(FORBIDDEN);
    expect(judge('0:0:0:0:0:0:0:1', rules, 1500)).toBe(FORBIDDEN);
    expect(judge('10.0.0.1', rules, 1501)).toBe('taken');
    expect(judge('10.0.0.2', rules, 1500)).toBe('taken');
  });

  it('says in one line what is wrong and what to do', () => {
    const policy = addressPolicy({
      allow: [],
      deny: [],
      allowsLoopback: false,
      ownAt: () => undefined,
    });
    if (typeof policy === 'string') throw new Error(policy);
    const { reason } = policy({ port: 1, address: '127.0.0.1' }) ?? { reason: '' };
    expect(reason).toMatch(/^address "127.0.0.1": .*allow 127\.0\.0\.0\/8$/);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/8 ',
    '10.0.0/8',
    '10/8',
    '0x0a.0.0.0/8',
    '012.0.0.0/8',
    '167772160/8',
    'fd00::/129',
    'fd00::/1e1',
    'fd00:::/8',
    'example.com',
    'localhost',
    '10.0.0.0-10.0.0.9',
    '',
    '/8',
    // Announcements of such addresses are of IPv4, so that these would match nothing.
    '::ffff:10.0.0.0/104',
    '::ffff:a00:0/104',
  ])('refuses the rule %j in any list', (text) => {
    const rules = { allow: [], deny: [], allowsLoopback: false, ownAt: () => undefined };
    for (const name of ['allow', 'deny'] as const) {
      const policy = addressPolicy({ ...rules, [name]: ['10.0.0.0/8', text] });
      expect(policy).toContain(`"${text}" is not an address range`);
    }
  });
});
