import { describe, expect, it } from 'vitest';
import { RULES } from '@rollcall/protocol';
import { ProbeShare } from '../../src/table/probe-share.ts';
import { setup } from './setup.ts';

const NAMES = ['rollcall-a1', 'rollcall-b2', 'rollcall-c3'];
const KEYS = Array.from({ length: 3000 }, (_, index) => `instance-${index}`);

/** The share of a gateway among others. */
function share(name: string, names: readonly string[]): ProbeShare {
  const each = new ProbeShare(name);
  each.setOthers(names.filter((other) => other !== name));
  return each;
}

const ownerOf = (key: string, names: readonly string[]): string[] =>
  names.filter((name) => share(name, names).isOwn(key));

describe('gateways that share the probing', () => {
  it('have each instance once, and about as many', () => {
    const owners = KEYS.map((key) => ownerOf(key, NAMES));
    expect(owners.every(({ length }) => length === 1)).toBe(true);
    for (const name of NAMES) {
      const own = owners.filter(([owner]) => owner === name).length;
      expect(own).toBeGreaterThan(900);
      expect(own).toBeLessThan(1100);
    }
  });

  it('keep theirs when another one is gone', () => {
    const [, ...rest] = NAMES;
    for (const key of KEYS) {
      const [before = ''] = ownerOf(key, NAMES);
      if (before !== NAMES[0]) expect(ownerOf(key, rest)).toEqual([before]);
    }
  });
});

/** A table of a gateway with 5,000 instances, of which `a` is one. */
function large(options: Parameters<typeof setup>[0] = {}) {
  const built = setup(options);
  built.heard({ id: 'a', inc: 1 });
  for (let index = 1; index < 5000; index++)
    built.heard({ id: `i${index}`, inc: 1, address: `10.1.${index >> 8}.${index & 255}` });
  return built;
}

describe('an instance among 5,000', () => {
  it.each([0, 700, 1300, 2400])(
    'that hangs %d ms later is found within 5 s, with and without traffic',
    (after) => {
      for (const hasTraffic of [false, true]) {
        const { watch, served, hang } = large();
        watch(5000 + after, 'ok', () => hasTraffic && served());
        expect(hang()).toBeLessThan(4700);
      }
    },
  );

  it('is probed by the others a few times a minute, for what only they cannot reach', () => {
    const { watch } = large({ share: share('b', ['b', ...NAMES, 'd', 'e']) });
    const probes = watch(60_000).length;
    // A sixth of them every 2 s by a request and every 0.8 s by a connection, the others every 10 s.
    expect(probes).toBeGreaterThan(60 * 500);
    expect(probes).toBeLessThan(60 * 2000);
  });

  it('is reported to other gateways when a probe fails for the first time, once a minute', () => {
    const { watch, overdue, probed, pass } = large();
    watch(3000);
    expect(overdue()).toEqual(['finding']);
    expect(overdue()).toEqual(['suspected']);
    expect(probed('ok')).toEqual(['recovered']);
    expect(overdue()).toEqual([]);
    probed('ok');
    pass(RULES.findingEveryMs);
    expect(overdue()).toEqual(['finding']);
  });
});

describe('an instance that another gateway has found to fail', () => {
  it('is probed at once and stays healthy if it answers', () => {
    const { types, heard, watch, served, probed, status } = setup();
    heard({ id: 'a', inc: 1 });
    while (!watch(50).includes('probe'));
    // What it answers to clients makes requests of probes rare.
    expect(watch(3000, 'ok', () => served())).not.toContain('probe');
    expect(types({ type: 'reported', key: 'a' })).toEqual(['probe']);
    expect(status()).toBe('healthy');
    expect(probed('ok')).toEqual([]);
    expect(status()).toBe('healthy');
  });

  it('is suspect when one probe of its own has timed out', () => {
    const { types, heard, watch, overdue, status } = setup();
    heard({ id: 'a', inc: 1 });
    watch(4000);
    types({ type: 'reported', key: 'a' });
    expect(overdue()).toEqual(['suspected']);
    expect(status()).toBe('suspect');
  });

  it('needs as many failures as any other once it has answered', () => {
    const { types, heard, watch, overdue, probed } = setup();
    heard({ id: 'a', inc: 1 });
    watch(4000);
    types({ type: 'reported', key: 'a' });
    probed('ok');
    expect(overdue()).toEqual([]);
    expect(overdue()).toEqual(['suspected']);
  });

  it('is sent no more requests than any other, however often it is reported', () => {
    const { types, heard, watch } = setup();
    heard({ id: 'a', inc: 1 });
    watch(4000);
    const probes = watch(60_000, 'ok', () => types({ type: 'reported', key: 'a' }));
    expect(probes.filter((each) => each === 'probe').length).toBeLessThanOrEqual(30);
  });

  it('is not believed to fail if it is not in the table', () => {
    const { types } = setup();
    expect(types({ type: 'reported', key: 'unknown' })).toEqual([]);
  });
});
