import { describe, expect, it } from 'vitest';
import { addressPolicy, Journal, Observer, presenceUserId, RULES } from '@rollcall/protocol';
import type { ObserverOptions, Reaction } from '@rollcall/protocol';

const INSTANCE = { prefix: '/v1', port: 1, address: '10.0.0.1', id: 'a', inc: 5, seq: 0 };
const MEMBER = { userId: presenceUserId(INSTANCE), userInfo: INSTANCE as unknown };
const FORBIDDEN = { ...INSTANCE, address: '169.254.169.254' };

let count = 0;
function observer(options: Partial<ObserverOptions> = {}) {
  return new Observer({ probes: 'never', answers: true, nonce: () => `n${count++}`, ...options });
}
const types = ({ effects }: Reaction) => effects.map(({ type }) => type);
const events = ({ publish }: Reaction) => publish.map(({ event }) => event);

describe('an observer of several brokers', () => {
  it('calls the roll at each, again and again', () => {
    const each = observer();
    expect(events(each.at(0).subscribed(0))).toEqual(['rollcall']);
    expect(events(each.at(1).subscribed(1000))).toEqual(['rollcall']);
    expect(events(each.at(0).tick(RULES.rollCallEveryMs))).toEqual(['rollcall']);
    expect(events(each.at(1).tick(RULES.rollCallEveryMs))).toEqual([]);
    expect(events(each.at(1).tick(RULES.rollCallEveryMs + 1000))).toEqual(['rollcall']);
  });

  it('calls the roll no more where it is disconnected', () => {
    const each = observer();
    each.at(0).subscribed(0);
    each.at(1).subscribed(0);
    each.at(0).disconnected(1);
    expect(events(each.at(0).tick(RULES.rollCallEveryMs))).toEqual([]);
    expect(events(each.at(1).tick(RULES.rollCallEveryMs))).toEqual(['rollcall']);
  });

  it('answers a roll call where it was called', () => {
    const each = observer();
    each.at(0).receive('register', INSTANCE, 0);
    expect(events(each.at(1).receive('rollcall', { nonce: 'q', digest: '' }, 0))).toEqual([
      'table',
    ]);
    expect(events(each.at(0).tick(1000))).toEqual([]);
  });

  it('does not answer itself, or take itself for another gateway, if two of them are nodes of one cluster', () => {
    const each = observer({ name: 'mine' });
    const [asked] = each.at(0).subscribed(0).publish;
    expect(each.at(1).receive('rollcall', asked?.data, 0).publish).toEqual([]);
    expect(events(each.at(1).tick(1000))).toEqual([]);
    expect(each.peers.all(1000)).toEqual([]);
  });

  it('takes for an answer what has the question of that broker', () => {
    const each = observer();
    const [asked] = each.at(0).subscribed(0).publish;
    const { nonce } = (asked?.data ?? {}) as { nonce?: string };
    const answer = { nonce, up: [], left: [] };
    expect(each.at(1).receive('table', answer, 0).isAnswer).toBe(false);
    expect(each.at(0).receive('table', answer, 0).isAnswer).toBe(true);
  });

  it('corrects an owner where that has published as a run which is over', () => {
    const each = observer();
    each.at(0).receive('register', { ...INSTANCE, inc: 9 }, 0);
    expect(events(each.at(1).joined('a', MEMBER, 0))).toEqual(['table']);
    expect(events(each.at(0).tick(RULES.correctMs))).toEqual([]);
    expect(events(each.at(1).tick(RULES.correctMs))).toEqual(['table']);
  });

  it('says nothing to owners and observers at a broker that is lost', () => {
    const each = observer();
    each.at(0).subscribed(0);
    each.at(1).subscribed(0);
    each.at(0).receive('register', { ...INSTANCE, inc: 9 }, 0);
    each.at(1).joined('a', MEMBER, 0);
    const asked = (nonce: string) => each.at(1).receive('rollcall', { nonce, digest: '' }, 0);
    expect(events(asked('p'))).toEqual(['table']);
    expect(events(asked('q'))).toEqual([]);
    each.at(1).disconnected(1);
    expect(events(each.at(1).tick(RULES.correctMs))).toEqual([]);
  });

  it('joins what they say in one table, and changes nothing when another says it again', () => {
    const each = observer();
    expect(types(each.at(0).receive('register', INSTANCE, 0))).toEqual(['registered']);
    expect(types(each.at(1).receive('register', INSTANCE, 0))).toEqual([]);
    expect(types(each.at(1).receive('exit', INSTANCE, 0))).toEqual(['left']);
    expect(types(each.at(0).receive('exit', INSTANCE, 0))).toEqual([]);
    expect(types(each.at(0).receive('register', INSTANCE, 0))).toEqual([]);
  });

  it('tells people once of a message that it refuses, though each broker delivers it', () => {
    const policy = addressPolicy({
      allow: [],
      deny: [],
      allowsLoopback: false,
      ownAt: () => undefined,
    });
    if (typeof policy === 'string') throw new Error(policy);
    const each = observer({ policy });
    const refusals = (broker: number, now: number) =>
      each.at(broker).receive('register', { ...FORBIDDEN, address: '240.0.0.1' }, now).refusals
        .length;
    expect([refusals(0, 0), refusals(1, 1)]).toEqual([1, 0]);
    expect([refusals(1, 2), refusals(0, 3)]).toEqual([1, 0]);
    expect([refusals(1, 90_000), refusals(0, 90_000)]).toEqual([1, 0]);
    const bad = (broker: number) => each.at(broker).receive('register', {}, 0).refusals.length;
    expect([bad(0), bad(1)]).toEqual([1, 0]);
  });

  it('tells people once of two instances with one id', () => {
    const each = observer();
    each.at(0).receive('register', INSTANCE, 0);
    const other = { ...INSTANCE, port: 2 };
    expect(types(each.at(0).receive('register', other, 0))).toContain('conflict');
    expect(types(each.at(1).receive('register', other, 0))).not.toContain('conflict');
  });

  it('says that its instance has left its presence channel once the last broker does', () => {
    const journal = new Journal();
    const each = observer({ journal });
    for (const broker of [0, 1]) {
      each.at(broker).subscribed(0);
      each.at(broker).joined('a', MEMBER, 0);
    }
    each.at(0).departed('a', 5, 1);
    expect(journal.evidenceOf('a')?.presence).toEqual({ isPresent: true, at: 0 });
    each.at(1).departed('a', 5, 2);
    expect(journal.evidenceOf('a')?.presence).toEqual({ isPresent: false, at: 2 });
  });

  it('notes in its journal that it is connected with the first, and disconnected with the last', () => {
    const journal = new Journal();
    const each = observer({ journal });
    each.at(0).subscribed(0);
    each.at(1).subscribed(1);
    each.at(0).disconnected(2);
    each.at(1).disconnected(3);
    expect(journal.link.map(({ what, at }) => [what, at])).toEqual([
      ['connected', 0],
      ['disconnected', 3],
    ]);
  });
});
