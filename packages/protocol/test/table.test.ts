import { describe, expect, it } from 'vitest';
import { parseAnnouncement, RULES, Table } from '@rollcall/protocol';
import type { Effect, Probing, TableEvent, Verdict } from '@rollcall/protocol';

function announcement(fields: Record<string, unknown> = {}) {
  const parsed = parseAnnouncement({ prefix: '/v1', port: 1, address: '10.0.0.1', ...fields });
  if (!parsed.ok) throw new Error(parsed.refusal.reason);
  return parsed.value;
}

const OWNED = { id: 'a', inc: 1 };

/** A table with a clock that is wound by hand. */
function setup({ probes = 'always' }: { probes?: Probing } = {}) {
  const table = new Table({ probes });
  const clock = { now: 1000 };
  const apply = (event: TableEvent): Effect[] => table.apply(event, clock.now);
  const types = (event: TableEvent) => apply(event).map((effect) => effect.type);
  const heard = (fields: Record<string, unknown> = {}, left = false) =>
    types({ type: 'heard', statement: { announcement: announcement(fields), left } });
  const told = (fields: Record<string, unknown> = {}, left = false) =>
    types({ type: 'told', statement: { announcement: announcement(fields), left } });
  const probed = (verdict: Verdict, key = 'a') =>
    types({ type: 'probed', key, verdict, by: 'probe' });
  const pass = (milliseconds: number) => {
    clock.now += milliseconds;
    return types({ type: 'tick' });
  };
  const routable = () => table.routable('/v1').map((each) => each.announcement.port);
  return { table, types, heard, told, probed, pass, routable };
}

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

  it('probes again what says something new while a probe is under way, whose verdict is on what it said', () => {
    const { heard, pass } = setup();
    heard(OWNED);
    expect(pass(RULES.probeEvery)).toEqual(['probe']);
    expect(heard({ ...OWNED, seq: 1, weight: 2 })).toEqual(['updated']);
    expect(pass(50)).toEqual(['probe']);
  });

  it('takes an instance down at once whose port refuses', () => {
    const { heard, probed, routable } = setup();
    heard(OWNED);
    expect(probed('refused')).toEqual(['down']);
    expect(routable()).toEqual([]);
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

describe('our own link', () => {
  it('is to blame for time-outs while it is down, and a moment after; not for refusals', () => {
    const { types, heard, probed, pass, routable } = setup();
    heard(OWNED);
    heard({ id: 'b', inc: 1, port: 2 });
    types({ type: 'link', isUp: false });
    for (let count = 0; count < 5; count++) expect(probed('failed')).toEqual([]);
    types({ type: 'link', isUp: true });
    expect(probed('failed')).toEqual([]);
    expect(routable()).toHaveLength(2);
    expect(probed('refused', 'b')).toEqual(['down']);
    pass(RULES.settle);
    expect(probed('failed')).toEqual(['down']);
  });

  it('lets no lease lapse while it is down, and gives each a full one when it is back', () => {
    const { types, heard, probed, pass } = setup();
    heard({ ...OWNED, ttl: 5 });
    types({ type: 'link', isUp: false });
    expect(pass(300_000)).not.toContain('suspected');
    probed('ok');
    types({ type: 'link', isUp: true });
    expect(pass(4900)).not.toContain('suspected');
    expect(pass(200)).toContain('suspected');
  });

  it('away for as long as others remember who left, makes every instance show that it is there', () => {
    const { types, heard, pass, probed, routable } = setup();
    heard(OWNED);
    types({ type: 'link', isUp: false });
    pass(RULES.tombstone - 1);
    probed('ok');
    expect(types({ type: 'link', isUp: true })).toEqual([]);
    types({ type: 'link', isUp: false });
    pass(RULES.tombstone);
    probed('ok');
    expect(types({ type: 'link', isUp: true })).toEqual(['suspected']);
    expect(pass(50)).toContain('probe');
    expect(routable()).toEqual([1]);
  });

  describe('when a third of a service is lost sight of at once', () => {
    function lose(count: number, of: number) {
      const table = setup();
      for (let port = 1; port <= of; port++) table.heard({ id: `i${port}`, inc: 1, port });
      const effects = [];
      for (let port = 1; port <= count; port++) {
        table.types({
          type: 'joined',
          announcement: announcement({ id: `i${port}`, inc: 1, port }),
        });
        effects.push(...table.types({ type: 'parted', id: `i${port}`, inc: 1 }));
      }
      return { ...table, effects };
    }

    it('is to blame, said once, and time-outs say nothing for a moment', () => {
      const { effects, probed, pass, routable } = lose(4, 10);
      expect(effects.filter((type) => type === 'mass-doubt')).toHaveLength(1);
      expect(routable()).toHaveLength(6);
      expect([probed('failed', 'i1'), probed('failed', 'i1')]).toEqual([[], []]);
      expect(probed('refused', 'i2')).toEqual(['down']);
      pass(RULES.settle);
      expect(probed('failed', 'i1')).toEqual(['down']);
    });

    it.each([
      ['a share of no more than 30 %', 3, 10],
      ['fewer than three', 2, 2],
    ])('is not to blame for %s', (_what, count, of) => {
      const { effects, probed } = lose(count, of);
      expect(effects).not.toContain('mass-doubt');
      probed('failed', 'i1');
      expect(probed('failed', 'i1')).toEqual(['down']);
    });

    it('is not to blame for what is lost little by little', () => {
      const { types, heard, pass } = setup();
      const effects = [];
      for (let port = 1; port <= 10; port++) {
        heard({ id: `i${port}`, inc: 1, port });
        effects.push(...types({ type: 'parted', id: `i${port}`, inc: 1 }));
        pass(RULES.massWindow / 2);
      }
      expect(effects).not.toContain('mass-doubt');
    });
  });
});

describe('probes', () => {
  const BIG = 2000;

  it('come less often, the more instances there are: 500 a second at most', () => {
    const { heard, probed, pass } = setup();
    for (let port = 1; port <= BIG; port++) heard({ id: `i${port}`, inc: 1, port });
    const answer = () => {
      for (let port = 1; port <= BIG; port++) probed('ok', `i${port}`);
    };
    pass(BIG * RULES.probeShare);
    answer();
    expect(pass(BIG * RULES.probeShare - 100)).not.toContain('probe');
    expect(pass(200).filter((type) => type === 'probe')).toHaveLength(BIG);
  });

  it('of an observer that probes in doubt only are sent to those in doubt or down', () => {
    const { types, heard, told, probed, pass, routable } = setup({ probes: 'in-doubt' });
    heard(OWNED);
    expect(pass(60_000)).toEqual([]);
    types({ type: 'parted', id: 'a', inc: 1 });
    expect(pass(50)).toEqual(['probe']);
    expect(probed('refused')).toEqual(['down']);
    expect(pass(RULES.probeEvery + 50)).toEqual(['probe']);
    expect(probed('ok')).toEqual(['recovered']);
    expect(pass(60_000)).toEqual([]);
    told({ id: 'b', inc: 1, port: 2 });
    expect(pass(50)).toEqual(['probe']);
    expect(routable()).toEqual([1]);
  });
});

describe('an observer that does not probe', () => {
  it('believes what it is told, and gives up a doubted instance after a while', () => {
    const { types, told, pass, routable } = setup({ probes: 'never' });
    told(OWNED);
    types({ type: 'joined', announcement: announcement(OWNED) });
    expect(pass(60_000)).toEqual([]);
    types({ type: 'parted', id: 'a', inc: 1 });
    expect(routable()).toEqual([1]);
    expect(pass(RULES.doubt + 50)).toEqual(['down']);
    expect(routable()).toEqual([]);
  });
});
