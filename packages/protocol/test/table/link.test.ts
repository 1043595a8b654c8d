import { describe, expect, it } from 'vitest';
import { RULES } from '@rollcall/protocol';
import { announcement, OWNED, setup } from './setup.ts';

/** A service of so many instances, of which so many were lost sight of. */
function lose(count: number, of: number) {
  const table = setup();
  for (let port = 1; port <= of; port++) table.heard({ id: `i${port}`, inc: 1, port });
  const effects = [];
  for (let port = 1; port <= count; port++) {
    table.types({
      type: 'joined',
      announcement: announcement({ id: `i${port}`, inc: 1, port }),
    });
    effects.push(...table.types({ type: 'departed', id: `i${port}`, inc: 1 }));
  }
  return { ...table, effects };
}

describe('the observer’s own link', () => {
  it('is blamed for timeouts while it is down and shortly after, but not for refusals', () => {
    const { types, heard, probed, pass, routable } = setup();
    heard(OWNED);
    heard({ id: 'b', inc: 1, port: 2 });
    types({ type: 'link', isUp: false });
    for (let count = 0; count < 5; count++) expect(probed('failed')).toEqual([]);
    types({ type: 'link', isUp: true });
    expect(probed('failed')).toEqual([]);
    expect(routable()).toHaveLength(2);
    expect(probed('refused', 'b')).toEqual(['down']);
    pass(RULES.settleMs);
    expect(probed('failed')).toEqual(['down']);
  });

  it('lets no lease expire while it is down, and renews all when it returns', () => {
    const { types, heard, probed, pass } = setup();
    heard({ ...OWNED, ttl: 5 });
    types({ type: 'link', isUp: false });
    expect(pass(300_000)).not.toContain('suspected');
    probed('ok');
    types({ type: 'link', isUp: true });
    expect(pass(4900)).not.toContain('suspected');
    expect(pass(200)).toContain('suspected');
  });

  it('after an outage longer than others remember exits, makes every instance prove that it runs', () => {
    const { types, heard, pass, probed, routable } = setup();
    heard(OWNED);
    types({ type: 'link', isUp: false });
    pass(RULES.tombstoneMs - 1);
    probed('ok');
    expect(types({ type: 'link', isUp: true })).toEqual([]);
    types({ type: 'link', isUp: false });
    pass(RULES.tombstoneMs);
    probed('ok');
    expect(types({ type: 'link', isUp: true })).toEqual(['suspected']);
    expect(pass(50)).toContain('probe');
    expect(routable()).toEqual([1]);
  });

  describe('when a third of a service becomes suspect at once', () => {
    it('is blamed, once, and timeouts are ignored for a moment', () => {
      const { effects, probed, pass, routable } = lose(4, 10);
      expect(effects.filter((type) => type === 'mass-suspicion')).toHaveLength(1);
      expect(routable()).toHaveLength(6);
      expect([probed('failed', 'i1'), probed('failed', 'i1')]).toEqual([[], []]);
      expect(probed('refused', 'i2')).toEqual(['down']);
      pass(RULES.settleMs);
      expect(probed('failed', 'i1')).toEqual(['down']);
    });

    it.each([
      ['a share of no more than 30 %', 3, 10],
      ['fewer than three', 2, 2],
    ])('is not blamed for %s', (_what, count, of) => {
      const { effects, probed } = lose(count, of);
      expect(effects).not.toContain('mass-suspicion');
      probed('failed', 'i1');
      expect(probed('failed', 'i1')).toEqual(['down']);
    });

    it('is not blamed for instances lost one by one', () => {
      const { types, heard, pass } = setup();
      const effects = [];
      for (let port = 1; port <= 10; port++) {
        heard({ id: `i${port}`, inc: 1, port });
        effects.push(...types({ type: 'departed', id: `i${port}`, inc: 1 }));
        pass(RULES.massWindowMs / 2);
      }
      expect(effects).not.toContain('mass-suspicion');
    });
  });
});
