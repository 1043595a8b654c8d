import { describe, expect, it } from 'vitest';
import { Journal, RULES, Table } from '@rollcall/protocol';
import type { Announcement, JournalEntry, TableEvent, Verdict } from '@rollcall/protocol';
import { announcement } from '../table/setup.ts';

const announced = (port: number, fields: object): Announcement =>
  announcement({ port, id: `i${port}`, inc: 1, ...fields });

/** A table whose events are journalled, as an observer does it. */
function setup() {
  const table = new Table({ probes: 'always' });
  const journal = new Journal();
  const clock = { now: 0 };
  const apply = (event: TableEvent): void =>
    journal.record(event, table.apply(event, clock.now), clock.now);
  const say = (
    type: 'received' | 'relayed',
    port: number,
    fields: object = {},
    left = false,
  ): void => apply({ type, statement: { announcement: announced(port, fields), left } });
  const join = (port: number, fields: object): void =>
    apply({ type: 'joined', announcement: announced(port, fields) });
  const probed = (port: number, verdict: Verdict, by: 'probe' | 'traffic' = 'probe'): void =>
    apply({ type: 'probed', key: `i${port}`, verdict, by });
  const story = (port: number) => journal.of(`i${port}`).map(line);
  return { journal, clock, apply, say, join, probed, story };
}

const line = ({ what, change, why }: JournalEntry) =>
  `${what ?? '-'}${change === undefined ? '' : ` -> ${change}: ${why}`}`;

describe('a journal', () => {
  it('records messages, changes and reasons of an instance in order', () => {
    const { clock, say, join, probed, apply, story, journal } = setup();
    say('received', 1);
    clock.now = 100;
    apply({ type: 'departed', id: 'i1', inc: 1 });
    clock.now = 200;
    probed(1, 'refused');
    join(1, { seq: 1 });
    probed(1, 'ok', 'traffic');
    say('received', 1, {}, true);
    expect(story(1)).toEqual([
      'register from its owner (inc 1, seq 0) -> registered: it announced itself',
      'presence: gone -> suspected: it is gone from its presence channel',
      'probe: refused -> down: its port refuses connections',
      'presence: joined -> updated: its owner changed its announcement',
      'traffic: ok -> recovered: a probe succeeded',
      'exit from its owner (inc 1, seq 0) -> left: it has left',
    ]);
    expect(journal.of('i1').map(({ at }) => at)).toEqual([0, 100, 200, 200, 200, 200]);
  });

  it('counts the renewals of a lease in one line, even if probes come between them', () => {
    const { clock, say, probed, journal } = setup();
    say('received', 1, { ttl: 300 });
    for (let renewal = 1; renewal <= 100; renewal++) {
      clock.now = renewal * 100_000;
      probed(1, 'ok');
      say('received', 1, { ttl: 300 });
    }
    expect(journal.of('i1').map(({ times, last }) => [times, last])).toEqual([
      [1, 0],
      [1, 100_000],
      [100, 10_000_000],
      [99, 10_000_000],
    ]);
  });

  it('records changes without a message, and marks relayed announcements', () => {
    const { clock, say, apply, story } = setup();
    say('relayed', 2);
    say('received', 1, { ttl: 1 });
    clock.now = 1000;
    apply({ type: 'tick' });
    expect(story(1).at(-1)).toBe('- -> suspected: its lease has lapsed');
    expect(story(2)[0]).toMatch(/^register from another observer or the snapshot/);
  });

  it('counts repetitions of the last entry, with the time of the latest', () => {
    const { clock, say, probed, journal, story } = setup();
    say('received', 1);
    for (clock.now = 1; clock.now <= 1000; clock.now++) probed(1, 'ok');
    expect(journal.of('i1')).toHaveLength(2);
    expect(journal.of('i1')[1]).toMatchObject({
      what: 'probe: ok',
      at: 1,
      last: 1000,
      times: 1000,
    });
    probed(1, 'failed');
    probed(1, 'ok');
    expect(story(1).slice(1)).toEqual(['probe: ok', 'probe: failed', 'probe: ok']);
  });

  it('keeps every entry that changed something', () => {
    const { say, probed, story } = setup();
    say('received', 1);
    for (let count = 0; count < 3; count++) {
      probed(1, 'refused');
      probed(1, 'ok');
    }
    expect(story(1)).toHaveLength(7);
  });

  it('keeps the latest 50 entries of an instance', () => {
    const { say, probed, story } = setup();
    say('received', 1);
    for (let count = 0; count < 100; count++) {
      probed(1, 'refused');
      probed(1, 'ok');
    }
    expect(story(1)).toHaveLength(50);
    expect(story(1).at(-1)).toMatch(/^probe: ok -> recovered/);
  });

  it('has no entries of an unknown instance', () => {
    const { say, probed, apply, story, journal } = setup();
    say('received', 1, {}, true);
    probed(1, 'refused');
    apply({ type: 'departed', id: 'i1', inc: 1 });
    expect(story(1)).toEqual([]);
    expect(journal.gone('/v1')).toEqual([]);
  });

  it('remembers instances that left, by prefix and in order, until they return', () => {
    const { clock, say, probed, apply, journal, story } = setup();
    for (const port of [1, 2, 3]) say('received', port);
    say('received', 4, { prefix: '/v2' });
    for (const port of [4, 2, 1]) say('received', port, {}, true);
    expect(journal.gone('/v1')).toEqual(['i2', 'i1']);
    expect(journal.gone('/v2')).toEqual(['i4']);
    probed(3, 'refused');
    clock.now = RULES.forgetAfterMs;
    apply({ type: 'tick' });
    expect(journal.gone('/v1')).toEqual(['i2', 'i1', 'i3']);
    expect(story(3).at(-1)).toBe('- -> forgotten: it was down for ten minutes');
    say('received', 2, { inc: 2 });
    expect(journal.gone('/v1')).toEqual(['i1', 'i3']);
    expect(story(2)).toHaveLength(3);
  });

  it('remembers the latest 1000 instances that left', () => {
    const { say, journal, story } = setup();
    for (let port = 1; port <= 1100; port++) {
      say('received', port);
      say('received', port, {}, true);
    }
    expect(journal.gone('/v1')).toHaveLength(1000);
    expect(story(100)).toEqual([]);
    expect(story(101)).toHaveLength(2);
    expect(story(1100)).toHaveLength(2);
  });

  it('keeps the latest 50 entries of the link and of refusals', () => {
    const { clock, apply, journal } = setup();
    apply({ type: 'link', isUp: true });
    clock.now = 5;
    apply({ type: 'link', isUp: false });
    expect(journal.link.map(({ at, what }) => [at, what])).toEqual([
      [0, 'connected'],
      [5, 'disconnected'],
    ]);
    for (let count = 0; count < 200; count++) {
      apply({ type: 'link', isUp: count % 2 === 0 });
      journal.refuse('register', { code: 'bad-port', reason: `${count}` }, count);
    }
    expect(journal.link).toHaveLength(50);
    expect(journal.refused).toHaveLength(50);
    expect(journal.refused.at(-1)).toMatchObject({ at: 199, event: 'register' });
  });
});
