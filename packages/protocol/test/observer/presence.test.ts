import { describe, expect, it } from 'vitest';
import { addressPolicy, Observer, presenceUserId, RULES } from '@rollcall/protocol';
import type { Message, ObserverOptions, Reaction } from '@rollcall/protocol';

const announcement = (id: string, fields: object = {}) => ({
  prefix: '/v1',
  port: 1000 + (id.codePointAt(0) ?? 0),
  address: '10.0.0.1',
  id,
  inc: 5,
  seq: 0,
  ...fields,
});

/** A member of a presence channel as the transport tells of it. */
const member = (id: string, fields: { inc?: number; port?: number; address?: string } = {}) => ({
  userId: presenceUserId({ id, inc: fields.inc ?? 5 }),
  userInfo: announcement(id, fields) as unknown,
});

let count = 0;
function observer(options: Partial<ObserverOptions> = {}) {
  return new Observer({ probes: 'never', answers: true, nonce: () => `n${count++}`, ...options });
}

const nonceOf = (message: Message | undefined) =>
  (message?.data as { nonce?: string } | undefined)?.nonce;
const types = ({ effects }: Reaction) => effects.map(({ type }) => type);
const codes = ({ refusals }: Reaction) => refusals.map(({ code }) => code);
const keys = ({ table }: Observer) => table.all().map(({ key }) => key);
const status = ({ table }: Observer, key: string) => table.get(key)?.status;

describe('an observer of presence channels', () => {
  it('learns instances from a presence snapshot', () => {
    const each = observer();
    const members = [{ userId: 'observer', userInfo: null }, member('a')];
    expect(types(each.at(0).presence('a', members, 0))).toEqual(['registered']);
    expect(status(each, 'a')).toBe('healthy');
    expect(codes(each.at(0).presence('b', [{ userId: 'observer', userInfo: null }], 0))).toEqual(
      [],
    );
    expect(keys(each)).toEqual(['a']);
  });

  it('suspects instances missing from the snapshot, except those with a lease', () => {
    const each = observer();
    each.at(0).receive('register', announcement('a'), 0);
    each.at(0).receive('register', announcement('b', { ttl: 300 }), 0);
    expect(types(each.at(0).presence('a', [], 0))).toEqual(['suspected']);
    expect(types(each.at(0).presence('b', [], 0))).toEqual([]);
  });

  it('does not confuse a member of another run or instance with the known one', () => {
    const each = observer();
    each.at(0).receive('register', announcement('a', { inc: 6 }), 0);
    expect(types(each.at(0).presence('a', [member('a', { inc: 5 })], 0))).toEqual(['suspected']);

    const other = observer();
    other.at(0).receive('register', announcement('a'), 0);
    const reaction = other.at(0).presence('a', [member('b')], 0);
    expect(types(reaction)).toEqual(['suspected']);
    expect(codes(reaction)).toEqual(['bad-announcement']);
  });

  it('follows members that join and leave', () => {
    const each = observer();
    expect(types(each.at(0).joined('a', member('a'), 0))).toEqual(['registered']);
    expect(types(each.at(0).departed('a', 4, 0))).toEqual([]);
    expect(types(each.at(0).departed('a', 5, 0))).toEqual(['suspected']);
    expect(types(each.at(0).joined('a', member('a'), 0))).toEqual(['recovered']);
    expect(types(each.at(0).joined('a', member('a', { inc: 6 }), 0))).toEqual(['updated']);
    expect(types(each.at(0).departed('a', 5, 0))).toEqual([]);
    expect(status(each, 'a')).toBe('healthy');
  });

  it.each([
    ['names another in its user_info', { ...member('a'), userInfo: announcement('b') }],
    ['names another in its user_id', { ...member('a'), userId: 'b~5' }],
    ['names another run', { ...member('a'), userId: 'a~6' }],
    ['has no run in its user_id', { ...member('a'), userId: 'a' }],
    ['is of another channel', member('b')],
    [
      'has no id in its user_info',
      { ...member('a'), userInfo: { ...announcement('a'), id: null } },
    ],
    ['has no user_info', { ...member('a'), userInfo: null }],
    ['has a user_info that is no announcement', { ...member('a'), userInfo: 'a' }],
    ['has an address that is none', member('a', { address: '169.254.169.254' })],
  ])('refuses a member that %s, in a snapshot and when it joins', (_what, forged) => {
    const each = observer();
    expect(codes(each.at(0).joined('a', forged, 0))).toHaveLength(1);
    const snapshot = each.at(0).presence('a', [forged, member('a')], 0);
    expect(codes(snapshot)).toHaveLength(1);
    // It takes no other with it.
    expect(keys(each)).toEqual(['a']);
    expect(each.table.get('a')?.announcement).toMatchObject(announcement('a'));
  });
});

function guarded() {
  const policy = addressPolicy({
    allow: [],
    deny: ['10.6.6.0/24'],
    allowsLoopback: false,
    ownAt: () => undefined,
  });
  if (typeof policy === 'string') throw new Error(policy);
  return observer({ policy });
}

describe('the address policy of an observer', () => {
  const bad = { address: '10.6.6.6' };

  it.each<[string, (each: Observer) => Reaction]>([
    ['a register', (each) => each.at(0).receive('register', announcement('a', bad), 0)],
    ['an exit', (each) => each.at(0).receive('exit', announcement('a', bad), 0)],
    ['a member that joins', (each) => each.at(0).joined('a', member('a', bad), 0)],
    ['a presence snapshot', (each) => each.at(0).presence('a', [member('a', bad)], 0)],
    [
      "another's table",
      (each) =>
        each.at(0).receive('table', { nonce: 'q', up: [announcement('a', bad)], left: [] }, 0),
    ],
    [
      'a restored snapshot',
      (each) => each.restore([{ announcement: announcement('a', bad), left: false }], 0),
    ],
  ])('holds for %s', (_what, receive) => {
    const each = guarded();
    const reaction = receive(each);
    expect(codes(reaction)).toEqual(['forbidden-address']);
    expect([reaction.effects, reaction.publish, keys(each)]).toEqual([[], [], []]);
  });

  it('refuses one entry of a table and accepts the others', () => {
    const each = guarded();
    const up = [announcement('a', bad), announcement('b'), { ...announcement('c'), port: 0 }];
    const reaction = each.at(0).receive('table', { nonce: 'q', up, left: [] }, 0);
    expect(codes(reaction).toSorted()).toEqual(['bad-port', 'forbidden-address']);
    expect(keys(each)).toEqual(['b']);
  });

  it('does not let an instance move to a refused address', () => {
    const each = guarded();
    each.at(0).receive('register', announcement('a'), 0);
    each.at(0).receive('register', announcement('a', { ...bad, seq: 1 }), 0);
    expect(each.table.get('a')?.announcement.address).toBe('10.0.0.1');
  });
});

describe('an owner that announces an outdated run', () => {
  it('is informed of the later run in its own channel, by an observer that answers', () => {
    const each = observer();
    each.at(0).receive('register', announcement('a', { inc: 9, port: 2 }), 0);
    const { publish, effects } = each.at(0).receive('register', announcement('a'), 0);
    expect(effects).toEqual([]);
    expect(publish).toEqual([
      {
        to: { id: 'a' },
        event: 'table',
        data: {
          nonce: expect.any(String) as string,
          up: [announcement('a', { inc: 9, port: 2 })],
          left: [],
        },
      },
    ]);
  });

  it('is informed that its run has left, when it announces and when it joins', () => {
    for (const speak of [
      (each: Observer) => each.at(0).receive('register', announcement('a'), 0),
      (each: Observer) => each.at(0).joined('a', member('a'), 0),
      (each: Observer) => each.at(0).presence('a', [member('a')], 0),
    ]) {
      const each = observer();
      each.at(0).receive('exit', announcement('a'), 0);
      expect(speak(each).publish).toMatchObject([
        { to: { id: 'a' }, data: { up: [], left: [announcement('a')] } },
      ]);
      expect(keys(each)).toEqual([]);
    }
  });

  it('is not informed when it announces its current run, a later run, or an exit', () => {
    const each = observer();
    each.at(0).receive('register', announcement('a', { seq: 3 }), 0);
    expect(each.at(0).receive('register', announcement('a', { seq: 1 }), 0).publish).toEqual([]);
    expect(each.at(0).receive('register', announcement('a', { inc: 6 }), 0).publish).toEqual([]);
    expect(each.at(0).receive('exit', announcement('a', { inc: 2 }), 0).publish).toEqual([]);
  });

  it('is informed again with growing delays until it announces a later run', () => {
    const each = observer();
    each.at(0).receive('register', announcement('a', { inc: 9 }), 0);
    expect(each.at(0).joined('a', member('a'), 0).publish).toHaveLength(1);
    const told = (now: number) =>
      each
        .at(0)
        .tick(now)
        .publish.filter(({ event }) => event === 'table');
    expect(told(RULES.correctMs - 1)).toEqual([]);
    expect(told(RULES.correctMs)).toMatchObject([{ to: { id: 'a' } }]);
    expect(told(2 * RULES.correctMs)).toEqual([]);
    expect(told(3 * RULES.correctMs)).toHaveLength(1);
    each.at(0).joined('a', member('a', { inc: 10 }), 3 * RULES.correctMs);
    expect(told(60 * RULES.correctMs)).toEqual([]);
  });

  it('is not informed after it has left its channel', () => {
    const each = observer();
    each.at(0).receive('register', announcement('a', { inc: 9 }), 0);
    each.at(0).joined('a', member('a'), 0);
    each.at(0).departed('a', 5, 10);
    const { publish } = each.at(0).tick(60 * RULES.correctMs);
    expect(publish.filter(({ event }) => event === 'table')).toEqual([]);
  });

  it('is informed at most once a second, independently of other owners', () => {
    const each = observer();
    for (const id of ['a', 'b']) each.at(0).receive('register', announcement(id, { inc: 9 }), 0);
    const told = (id: string, now: number) =>
      each.at(0).receive('register', announcement(id), now).publish.length;
    expect([told('a', 0), told('b', 10), told('a', 20), told('b', 30)]).toEqual([1, 1, 0, 0]);
    expect(told('a', RULES.correctMs - 1)).toBe(0);
    expect(told('a', RULES.correctMs)).toBe(1);
    expect(told('a', RULES.correctMs + 1)).toBe(0);
  });

  it('is not informed by an observer that does not answer, nor if it has a lease or is legacy', () => {
    const guest = observer({ answers: false });
    guest.at(0).receive('register', announcement('a', { inc: 9 }), 0);
    expect(guest.at(0).receive('register', announcement('a'), 0).publish).toEqual([]);

    const each = observer();
    each.at(0).receive('register', announcement('a', { inc: 9, ttl: 300 }), 0);
    expect(each.at(0).receive('register', announcement('a', { ttl: 300 }), 0).publish).toEqual([]);
    // Legacy ones have no runs.
    const legacy = { prefix: '/v1', port: 7, address: '10.0.0.1' };
    each.at(0).receive('exit', legacy, 0);
    expect(each.at(0).receive('register', legacy, 0).publish).toEqual([]);
  });
});

describe('the roll call of owners', () => {
  it('contains the digest and the number of entries', () => {
    const each = observer();
    for (const id of ['a', 'b', 'c']) each.at(0).receive('register', announcement(id), 0);
    each.at(0).receive('exit', announcement('c'), 0);
    const message = each.at(0).askOwners(0);
    expect(message).toMatchObject({ to: 'owners', event: 'rollcall', data: { size: 3 } });
    const { digest } = message.data as { digest: string };
    expect(digest).toHaveLength(3 * 7);
  });

  it('does not affect the recognition of answers to the own roll call', () => {
    const each = observer();
    const nonce = nonceOf(each.at(0).subscribed(0).publish[0]);
    const owners = { nonce: nonceOf(each.at(0).askOwners(0)) };
    expect(owners.nonce).not.toBe(nonce);
    expect(each.at(0).receive('table', { nonce: owners.nonce, up: [], left: [] }, 0).isAnswer).toBe(
      false,
    );
    expect(each.at(0).receive('table', { nonce, up: [], left: [] }, 0).isAnswer).toBe(true);
  });
});
