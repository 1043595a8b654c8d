import { describe, expect, it } from 'vitest';
import { RULES } from '@rollcall/protocol';
import { announcement, OWNED, setup } from './wound-table.ts';

/** A service of so many, of which so many were lost sight of. */
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
  it('believes an owner that is there again', () => {
    const { types, heard, pass, routable } = setup({ probes: 'never' });
    heard(OWNED);
    types({ type: 'parted', id: 'a', inc: 1 });
    expect(pass(RULES.doubt + 50)).toEqual(['down']);
    expect(types({ type: 'joined', announcement: announcement(OWNED) })).toEqual(['recovered']);
    expect(routable()).toEqual([1]);
  });

  it('gives up a doubted instance whose time passed while the link was down, not at once', () => {
    const { types, heard, pass } = setup({ probes: 'never' });
    heard(OWNED);
    types({ type: 'parted', id: 'a', inc: 1 });
    types({ type: 'link', isUp: false });
    expect(pass(60_000)).toEqual([]);
    types({ type: 'link', isUp: true });
    expect(pass(RULES.doubt - 50)).toEqual([]);
    expect(pass(50)).toEqual(['down']);
  });

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
