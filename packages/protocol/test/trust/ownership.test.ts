import { describe, expect, it } from 'vitest';
import { idWithKey, Ownership, signedText } from '@rollcall/protocol';
import type { Announcement, OwnershipOptions, Statement } from '@rollcall/protocol';

const ALICE = `rpk_${'A'.repeat(43)}`;
const BOB = `rpk_${'B'.repeat(42)}A`;
const EVE = `rpk_${'E'.repeat(42)}A`;
const NOW = Date.UTC(2026, 11, 1);

/** In place of Ed25519, so that these rules need no cryptography: a signature is the key and the text. */
const signature = (key: string, text: string): string => `${key} ${text}`;

function ownership(options: Partial<OwnershipOptions> = {}): Ownership {
  return new Ownership({
    owners: { '/v1': [{ key: ALICE }], '/team/*': [{ key: BOB }] },
    unowned: 'allow',
    registry: 'mapped-discovery',
    verify: (key, text, sig) => sig === signature(key, text),
    now: () => NOW,
    verified: new WeakSet(),
    ...options,
  });
}

interface Said extends Partial<Announcement> {
  readonly by?: string;
  readonly left?: boolean;
}

/** A statement, signed by a key if one is given. */
function statement({ by, left = false, ...fields }: Said): Statement {
  const id = by === undefined ? 'a' : idWithKey('a', by);
  const announcement = {
    prefix: '/v1',
    address: '10.0.0.7',
    port: 3000,
    id,
    inc: 1,
    seq: 0,
    ...fields,
  };
  if (by === undefined || fields.sig !== undefined) return { announcement, left };
  const sig = signature(by, signedText('mapped-discovery', { announcement, left }));
  return { announcement: { ...announcement, sig }, left };
}

const codeOf = (said: Said, options: Partial<OwnershipOptions> = {}): string | undefined =>
  ownership(options).refusal(statement(said))?.code;

describe('a prefix with owners', () => {
  it('is announced by its owner, and so is an exit', () => {
    expect(codeOf({ by: ALICE })).toBeUndefined();
    expect(codeOf({ by: ALICE, left: true })).toBeUndefined();
  });

  it.each([
    ['is not signed', {}, 'unsigned'],
    ['is of a legacy instance', { id: undefined, inc: undefined }, 'unsigned'],
    ['is an exit that is not signed', { left: true }, 'unsigned'],
    ['is signed by a key that owns another prefix', { by: BOB }, 'not-owner'],
    ['is signed by a key that owns nothing', { by: EVE }, 'not-owner'],
    ['has the id of a key and no signature of it', { id: idWithKey('a', ALICE) }, 'unsigned'],
    [
      'has the signature of something else',
      { by: ALICE, sig: signature(ALICE, 'x') },
      'bad-signature',
    ],
  ] as const)('refuses what %s', (_name, said, code) => {
    expect(codeOf(said as Said)).toBe(code);
  });

  it('refuses a captured announcement that comes as an exit, and an exit as an announcement', () => {
    const { announcement } = statement({ by: ALICE });
    expect(ownership().refusal({ announcement, left: true })?.code).toBe('bad-signature');
    const exit = statement({ by: ALICE, left: true });
    expect(ownership().refusal({ ...exit, left: false })?.code).toBe('bad-signature');
  });

  it('refuses what was changed after it was signed, in any field', () => {
    const { announcement } = statement({ by: ALICE });
    const changes = [
      { address: '10.0.0.8' },
      { port: 1 },
      { inc: 2 },
      { seq: 1 },
      { extra: { x: 1 } },
    ];
    for (const change of changes) {
      const changed = { announcement: { ...announcement, ...change }, left: false };
      expect(ownership().refusal(changed)?.code, JSON.stringify(change)).toBe('bad-signature');
    }
  });

  it('refuses what was signed for another registry', () => {
    expect(codeOf({ by: ALICE }, { registry: 'private-mapped-discovery' })).toBe('bad-signature');
  });

  it('says which prefix, address and id were refused, and why', () => {
    expect(ownership().refusal(statement({ by: BOB }))?.reason).toBe(
      `"/v1" at "10.0.0.7:3000", id "a.BBBBBBBBBBBB": it is signed by ${BOB}, which does not own its prefix`,
    );
  });
});

describe('the owners of a prefix', () => {
  it.each([
    ['/v1', ALICE],
    ['/v1/orders', ALICE],
    ['/v1/a/b/c', ALICE],
    ['/team/x', BOB],
    ['/team/x/y', BOB],
  ])('of %s are those of the longest one that holds', (prefix, key) => {
    const other = key === ALICE ? BOB : ALICE;
    expect(codeOf({ prefix, by: key })).toBeUndefined();
    expect(codeOf({ prefix, by: other })).toBe('not-owner');
    expect(codeOf({ prefix })).toBe('unsigned');
  });

  it.each(['', '/v', '/v10', '/team', '/V1', '/other/v1'])('do not own %j', (prefix) => {
    expect(codeOf({ prefix })).toBeUndefined();
    expect(codeOf({ prefix }, { unowned: 'refuse' })).toBe('unowned');
  });

  it.each([
    ['/', ['', '/x', '/v1/y']],
    ['/*', ['/x', '/v1/y']],
  ])('of %s own all below', (pattern, prefixes) => {
    const owners = { [pattern]: [{ key: ALICE }] };
    for (const prefix of prefixes) expect(codeOf({ prefix }, { owners })).toBe('unsigned');
  });

  it('of a prefix below another one own it alone', () => {
    const owners = { '/v1': [{ key: ALICE }], '/v1/pay': [{ key: BOB }] };
    expect(codeOf({ prefix: '/v1/pay', by: ALICE }, { owners })).toBe('not-owner');
    expect(codeOf({ prefix: '/v1/pay/x', by: BOB }, { owners })).toBeUndefined();
  });

  it('can be several, so that a key is replaced without a gap', () => {
    const owners = { '/v1': [{ key: ALICE }, { key: BOB }] };
    expect(codeOf({ by: ALICE }, { owners })).toBeUndefined();
    expect(codeOf({ by: BOB }, { owners })).toBeUndefined();
  });

  it('cease to be when their time has come', () => {
    const until = (ms: number) => ({ owners: { '/v1': [{ key: ALICE, until: ms }] } });
    expect(codeOf({ by: ALICE }, until(NOW + 1))).toBeUndefined();
    expect(codeOf({ by: ALICE }, until(NOW))).toBe('not-owner');
    expect(ownership(until(NOW + 1)).nextExpiry()).toBe(NOW + 1);
    expect(ownership(until(NOW)).nextExpiry()).toBe(Infinity);
  });
});

describe('a key that owns two prefixes', () => {
  it('ceases to own the one, and owns the other on', () => {
    const owners = { '/v1': [{ key: ALICE, until: NOW }], '/v2': [{ key: ALICE }] };
    expect(codeOf({ by: ALICE }, { owners })).toBe('not-owner');
    expect(codeOf({ prefix: '/v2', by: ALICE }, { owners })).toBeUndefined();
  });
});

describe('the id of an instance that ends in the id of an owner', () => {
  it('is used by that owner alone, under any prefix', () => {
    const id = idWithKey('a', ALICE);
    expect(codeOf({ prefix: '/evil', id })).toBe('unsigned');
    expect(codeOf({ prefix: '/team/x', id, by: BOB })).toBe('not-owner');
    expect(codeOf({ prefix: '/other', by: ALICE })).toBeUndefined();
    expect(codeOf({ prefix: '/other', by: ALICE }, { unowned: 'refuse' })).toBe('unowned');
  });

  it('of a key that owns nothing is an id as any other, where nothing is owned', () => {
    expect(codeOf({ prefix: '/other', by: EVE })).toBeUndefined();
  });
});

describe('a signature', () => {
  it('is verified once for what the table holds already, by any observer', () => {
    let times = 0;
    const judge = ownership({
      verify: (key, text, sig) => {
        times += 1;
        return sig === signature(key, text);
      },
    });
    const held = statement({ by: ALICE });
    expect(judge.refusal(held)).toBeUndefined();
    const again = { ...held, announcement: { ...held.announcement } };
    expect(judge.refusal(again, held)).toBeUndefined();
    expect(times).toBe(1);
    const changed = { ...held, announcement: { ...held.announcement, port: 1 } };
    expect(judge.refusal(changed, held)?.code).toBe('bad-signature');
    expect(times).toBe(2);
  });
});
