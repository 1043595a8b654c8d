import { describe, expect, it } from 'vitest';
import { RULES } from '@rollcall/protocol';
import { announcement, OWNED, setup } from './wound-table.ts';

describe('membership of instances that number their words', () => {
  it('is not changed by what was said before', () => {
    const { heard, routable } = setup();
    expect(heard({ ...OWNED, seq: 2, port: 2 })).toEqual(['registered']);
    expect(heard({ ...OWNED, seq: 1, port: 1 })).toEqual([]);
    expect(routable()).toEqual([2]);
    expect(heard({ ...OWNED, seq: 3, port: 3 })).toEqual(['updated']);
    expect(routable()).toEqual([3]);
  });

  it('is not changed by a repeated register', () => {
    const { table, heard } = setup();
    heard({ ...OWNED, x: 1, y: 2 });
    expect(heard({ ...OWNED, y: 2, x: 1 })).toEqual([]);
    expect(table.all()).toHaveLength(1);
  });

  it('does not let a late register bring back a run that has left, whatever it says', () => {
    const { heard, told, routable } = setup();
    heard(OWNED);
    expect(heard(OWNED, true)).toEqual(['left']);
    expect(heard({ ...OWNED, seq: 99 })).toEqual([]);
    expect(told({ ...OWNED, seq: 100 })).toEqual([]);
    expect(routable()).toEqual([]);
    expect(heard({ ...OWNED, inc: 2 })).toEqual(['registered']);
  });

  it('ends a run whose exit comes before an update that was said earlier or later', () => {
    const { heard, routable } = setup();
    heard({ ...OWNED, seq: 5 }, true);
    heard({ ...OWNED, seq: 7 });
    expect(routable()).toEqual([]);
  });

  it('does not let the exit of an earlier run end a later one', () => {
    const { heard, routable } = setup();
    heard({ ...OWNED, inc: 2 });
    expect(heard({ ...OWNED, inc: 1 }, true)).toEqual([]);
    expect(routable()).toEqual([1]);
  });

  it('forgets an exit after ten minutes', () => {
    const { heard, pass, table } = setup();
    heard(OWNED, true);
    pass(RULES.tombstone - 100);
    expect(heard(OWNED)).toEqual([]);
    pass(RULES.tombstone + 100);
    expect(table.statements(Infinity)).toEqual([]);
    expect(heard(OWNED)).toEqual(['registered']);
  });

  it('raises an alarm when two instances use one id, and decides alike in either order', () => {
    const [one, two] = [setup(), setup()];
    one.heard({ ...OWNED, port: 1 });
    expect(one.heard({ ...OWNED, port: 2 })).toContain('conflict');
    two.heard({ ...OWNED, port: 2 });
    two.heard({ ...OWNED, port: 1 });
    expect(one.routable()).toEqual(two.routable());
  });

  it('moves an instance that comes back under another prefix', () => {
    const { table, heard, routable } = setup();
    heard(OWNED);
    heard({ ...OWNED, inc: 2, prefix: '/v2' });
    expect(routable()).toEqual([]);
    expect(table.routable('/v2')).toHaveLength(1);
    expect(table.knows('/v1')).toBe(true);
  });
});

describe('membership of legacy instances', () => {
  it('goes by arrival', () => {
    const { heard, routable } = setup();
    expect(heard()).toEqual(['registered']);
    expect(heard()).toEqual([]);
    expect(heard({}, true)).toEqual(['left']);
    expect(heard({}, true)).toEqual([]);
    expect(heard()).toEqual(['registered']);
    expect(routable()).toEqual([1]);
  });

  it('takes second-hand words for less than its own', () => {
    const { heard, told, routable } = setup();
    expect(told({ port: 1 })).toContain('registered');
    heard({ port: 3 });
    expect(told({ port: 3 }, true)).toEqual([]);
    expect(told({ port: 3, name: 'other' })).toEqual([]);
    expect(routable()).toEqual([3]);
  });

  it('doubts one that has left as far as it knows and is there as another tells, until a probe decides', () => {
    const { heard, told, types, routable } = setup();
    heard({ port: 9 });
    heard({ port: 2 }, true);
    expect(told({ port: 2 })).toEqual(['registered', 'suspected']);
    expect(routable()).toEqual([9]);
    expect(
      types({ type: 'probed', key: '/v1 10.0.0.1 2', verdict: 'refused', by: 'probe' }),
    ).toEqual(['down']);
    expect(routable()).toEqual([9]);
  });

  it('tells nobody of one that is down', () => {
    const { table, heard, types } = setup();
    heard({ port: 2 });
    expect(table.statements(0)).toHaveLength(1);
    types({ type: 'probed', key: '/v1 10.0.0.1 2', verdict: 'refused', by: 'probe' });
    expect(table.statements(0)).toEqual([]);
  });
});

describe('evidence', () => {
  it('routes to an instance as soon as it has announced itself, and probes it soon', () => {
    const { heard, pass, routable } = setup();
    heard(OWNED);
    expect(routable()).toEqual([1]);
    expect(pass(RULES.probeEvery + 50)).toEqual(['probe']);
    expect(pass(60_000)).toEqual([]);
  });

  it('takes an instance down after two failed probes, the second soon after the first', () => {
    const { heard, pass, probed, routable } = setup();
    heard(OWNED);
    pass(RULES.probeEvery);
    expect(probed('failed')).toEqual([]);
    expect(routable()).toEqual([1]);
    expect(pass(RULES.probeAgain + 50)).toEqual(['probe']);
    expect(probed('failed')).toEqual(['down']);
    expect(routable()).toEqual([]);
    expect(pass(RULES.probeEvery + 50)).toEqual(['probe']);
    expect(probed('ok')).toEqual(['recovered']);
    expect(routable()).toEqual([1]);
  });

  it('takes an instance down at once whose port refuses', () => {
    const { heard, probed, routable } = setup();
    heard(OWNED);
    expect(probed('refused')).toEqual(['down']);
    expect(routable()).toEqual([]);
  });

  it('probes again when something new is said while a probe is under way', () => {
    const { heard, pass, probed } = setup();
    heard(OWNED);
    expect(pass(RULES.probeEvery)).toEqual(['probe']);
    // The verdict on what was announced before is dropped by whoever asked.
    expect(heard({ ...OWNED, seq: 1, weight: 2 })).toEqual(['updated']);
    expect(pass(50)).toEqual(['probe']);
    expect(pass(60_000)).toEqual([]);
    probed('ok');
    expect(pass(RULES.probeEvery)).toEqual(['probe']);
  });

  it('does not take a word of the owner for proof that it can be reached', () => {
    const { heard, probed, routable } = setup();
    heard(OWNED);
    probed('refused');
    expect(heard(OWNED)).toEqual([]);
    expect(routable()).toEqual([]);
  });

  it('doubts an instance whose lease has lapsed, and probes it at once', () => {
    const { heard, probed, pass, routable } = setup();
    heard({ ...OWNED, ttl: 10 });
    heard({ id: 'b', inc: 1, port: 2 });
    pass(1000);
    probed('ok');
    probed('ok', 'b');
    expect(pass(9050)).toEqual(expect.arrayContaining(['suspected', 'probe']));
    expect(routable()).toEqual([2]);
    expect(probed('ok')).toEqual(['recovered']);
    expect(routable()).toHaveLength(2);
  });

  it('keeps an instance that renews its lease', () => {
    const { heard, pass, probed } = setup();
    heard({ ...OWNED, ttl: 10 });
    for (let count = 0; count < 10; count++) {
      expect(pass(9000)).not.toContain('suspected');
      probed('ok');
      heard({ ...OWNED, ttl: 10 });
    }
  });

  it('doubts an instance that is gone from its presence channel; not for an earlier run', () => {
    const { types, heard, routable } = setup();
    types({ type: 'joined', announcement: announcement({ ...OWNED, inc: 2 }) });
    heard({ id: 'b', inc: 1, port: 2 });
    expect(types({ type: 'parted', id: 'a', inc: 1 })).toEqual([]);
    expect(types({ type: 'parted', id: 'a', inc: 2 })).toEqual(['suspected']);
    expect(routable()).toEqual([2]);
  });

  it('goes on routing to all when it doubts all', () => {
    const { types, routable } = setup();
    for (const id of ['a', 'b', 'c'])
      types({ type: 'joined', announcement: announcement({ id, inc: 1 }) });
    for (const id of ['a', 'b', 'c']) types({ type: 'parted', id, inc: 1 });
    expect(routable()).toHaveLength(3);
  });

  it('never uses one that it only knows second-hand while it has one that it knows', () => {
    const { told, heard, probed, routable } = setup();
    told({ ...OWNED, port: 1 });
    expect(routable()).toEqual([1]);
    heard({ id: 'b', inc: 1, port: 2 });
    expect(routable()).toEqual([2]);
    expect(probed('ok')).toEqual(['recovered']);
    expect(new Set(routable())).toEqual(new Set([1, 2]));
  });

  it('sends nothing new to one that drains', () => {
    const { heard, routable } = setup();
    heard(OWNED);
    heard({ ...OWNED, seq: 1, draining: true });
    expect(routable()).toEqual([]);
    heard({ ...OWNED, seq: 2, draining: false });
    expect(routable()).toEqual([1]);
  });

  it('forgets one that was down for ten minutes', () => {
    const { table, heard, probed, pass } = setup();
    heard(OWNED);
    probed('refused');
    pass(RULES.downToForgotten - 1000);
    expect(table.all()).toHaveLength(1);
    expect(pass(2000)).toContain('forgotten');
    expect(table.all()).toEqual([]);
    expect(table.knows('/v1')).toBe(true);
  });
});
