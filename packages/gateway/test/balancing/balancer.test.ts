import { describe, expect, it } from 'vitest';
import type { Instance } from '@rollcall/client';
import { Balancer } from '../../src/balancing/balancer.ts';
import type { BalancingRules } from '../../src/balancing/balancer.ts';
import type { EjectionRules } from '../../src/balancing/ejection.ts';
import { StatsRegistry } from '../../src/balancing/instance-stats.ts';
import { randomFrom } from '../../../../test/simulation/random.js';
import { defaultsOf } from '@rollcall/runtime/settings';
import { BALANCING_SETTINGS, EJECTION_SETTINGS } from '../../src/settings/balancing.ts';

const SEED = 1;
const NONE_TRIED: ReadonlySet<string> = new Set();

function instance(
  key: string,
  fields: { weight?: number; zone?: string; version?: string; since?: number } = {},
): Instance {
  const { since = -1e9, ...rest } = fields;
  const announcement = { prefix: '/v1', address: '10.0.0.1', port: 1, ...rest };
  return { key, announcement, status: 'healthy', since };
}

interface Setup extends Partial<BalancingRules> {
  readonly ejection?: Partial<EjectionRules>;
  readonly random?: () => number;
}

function setup({ ejection, random = randomFrom(SEED), ...rules }: Setup = {}) {
  const clock = { now: 0 };
  const registry = new StatsRegistry();
  const balancer = new Balancer({
    rules: { ...defaultsOf(BALANCING_SETTINGS), ...rules },
    ejection: { ...defaultsOf(EJECTION_SETTINGS), ...ejection },
    stats: registry,
    random,
  });
  const pick = (instances: readonly Instance[], hashKey?: string, tried = NONE_TRIED) =>
    balancer.pick(instances, tried, clock.now, hashKey)?.key;
  /** How often each was picked. */
  const shares = (instances: readonly Instance[], count: number): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (let each = 0; each < count; each++) {
      const key = pick(instances) ?? 'nobody';
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  };
  const fail = (each: Instance, all: readonly Instance[], times = 1): boolean[] =>
    Array.from({ length: times }, () => {
      const stats = balancer.requestStarted(each);
      return balancer.requestEnded(stats, all, '503', clock.now);
    });
  return { clock, balancer, registry, pick, shares, fail };
}

const ABC = ['a', 'b', 'c'].map((key) => instance(key));
const [A, B, C] = ABC as [Instance, Instance, Instance];

describe('in turn', () => {
  it('gives each instance its share by weight', () => {
    const { shares } = setup();
    const list = [
      instance('a', { weight: 1 }),
      instance('b', { weight: 2 }),
      instance('c', { weight: 3 }),
    ];
    // After one pass in which the weights are learned.
    shares(list, 3);
    expect(shares(list, 60)).toEqual({ a: 10, b: 20, c: 30 });
  });

  it('skips instances that were tried, and selects none if all were', () => {
    const { pick } = setup();
    expect(pick(ABC, undefined, new Set(['a', 'c']))).toBe('b');
    expect(pick(ABC, undefined, new Set(['a', 'b', 'c']))).toBeUndefined();
  });

  it('gives each instance of a version its share of that version, however few requests are for it', () => {
    const { balancer } = setup();
    const list = ['1.4', '1.4', '1.5', '1.5'].map((version, index) =>
      instance(`${version} ${index}`, { version }),
    );
    const counts: Record<string, number> = {};
    for (let count = 0; count < 100; count++) {
      const wanted = count % 10 === 0 ? '1.5' : '1.4';
      const isWanted = ({ announcement }: Instance) => announcement.version === wanted;
      const key = balancer.pick(list, NONE_TRIED, 0, '', isWanted)?.key ?? 'none';
      counts[key] = (counts[key] ?? 0) + 1;
    }
    expect(counts).toEqual({ '1.4 0': 45, '1.4 1': 45, '1.5 2': 5, '1.5 3': 5 });
  });
});

/** Returns a list, and how often it was looked into. */
function counted(instances: readonly Instance[]) {
  let looks = 0;
  const list = new Proxy(instances, {
    get(target, key): unknown {
      looks++;
      return Reflect.get(target, key);
    },
  });
  return { list, looks: () => looks };
}

describe('a choice in turn among a thousand', () => {
  const instances = Array.from({ length: 1000 }, (_, index) =>
    instance(`i${index}`, { zone: index < 900 ? 'west' : 'east' }),
  );

  it('does not visit all of them after each change: with 100,000 requests took 20 ms', () => {
    const { balancer, pick } = setup();
    const { list, looks } = counted(instances);
    for (let request = 0; request < 10; request++) {
      balancer.instancesChanged();
      pick(list);
    }
    expect(looks()).toBeLessThan(200);
  });

  it('does not pass by those of another zone at each request', () => {
    const { pick } = setup({ zone: 'east' });
    pick(instances);
    const { list, looks } = counted(instances);
    for (let request = 0; request < 10; request++) pick(list);
    expect(looks()).toBeLessThan(200);
  });
});

const isNew = ({ announcement }: Instance) => announcement.version === '1.5';

describe('a turn', () => {
  it('passes only at a request that an instance receives', () => {
    const { balancer, pick } = setup();
    const picked = Array.from(
      { length: 4 },
      () => balancer.pick([A, B], NONE_TRIED, 0, '', isNew)?.key,
    );
    expect(picked).toEqual(['a', 'b', 'a', 'b']);
    expect(pick([A, B], undefined, new Set(['a', 'b']))).toBeUndefined();
    expect(pick([A, B])).toBe('a');
  });

  it('is that of its version, also when a second version comes and goes', () => {
    const { balancer, pick } = setup();
    const old = ['a', 'b'].map((key) => instance(key, { version: '1.4' }));
    const all = [...old, instance('n', { version: '1.5' })];
    expect(pick(old)).toBe('a');
    balancer.instancesChanged();
    expect(balancer.pick(all, NONE_TRIED, 0, '', isNew)?.key).toBe('n');
    expect(pick(all)).toBe('b');
    balancer.instancesChanged();
    expect(pick(old)).toBe('a');
  });
});

describe('by requests in flight', () => {
  it('prefers the less busy of two, relative to weight', () => {
    const { balancer, shares } = setup({ policy: 'least-request' });
    for (let count = 0; count < 10; count++) balancer.requestStarted(A);
    expect(shares([A, B], 100)['a'] ?? 0).toBeLessThanOrEqual(0);
    const heavy = instance('h', { weight: 100 });
    for (let count = 0; count < 10; count++) balancer.requestStarted(heavy);
    balancer.requestStarted(B);
    expect(shares([heavy, B], 100)['b'] ?? 0).toBe(0);
  });

  it('skips an instance that is at its limit', () => {
    const { balancer, pick } = setup({ policy: 'least-request', maxInFlight: 2 });
    for (const each of [A, A, B]) balancer.requestStarted(each);
    const last = balancer.requestStarted(B);
    expect(pick([A, B])).toBeUndefined();
    balancer.requestEnded(last, [A, B], undefined, 0);
    expect(pick([A, B])).toBe('b');
  });
});

describe('an instance that left during a request', () => {
  it('is not recorded when the request ends', () => {
    const { balancer, registry } = setup();
    const before = balancer.requestStarted(A);
    registry.forget('a');
    balancer.requestEnded(before, ABC, '503', 0);
    expect([...registry.all()]).toEqual([]);
  });

  it('is not charged with it after it returned', () => {
    const { balancer, registry, pick } = setup({ maxInFlight: 1 });
    const before = Array.from({ length: 5 }, () => balancer.requestStarted(A));
    registry.forget('a');
    expect(pick([A])).toBe('a');
    const after = balancer.requestStarted(A);
    const ejected = before.map((stats) => balancer.requestEnded(stats, ABC, '503', 0));
    expect(ejected).not.toContain(true);
    expect(pick([A])).toBeUndefined();
    balancer.requestEnded(after, ABC, undefined, 0);
    expect(pick([A])).toBe('a');
  });
});

describe('by latency', () => {
  it('prefers faster instances, and returns to a slow one after its average decays', () => {
    const { clock, balancer, shares } = setup({ policy: 'latency' });
    const [a, b] = [balancer.requestStarted(A), balancer.requestStarted(B)];
    balancer.responseStarted(a, 500, 0);
    balancer.responseStarted(b, 20, 0);
    expect(shares([A, B], 100)['a'] ?? 0).toBe(0);
    clock.now = 60_000;
    balancer.responseStarted(a, 10, clock.now);
    balancer.responseStarted(b, 20, clock.now);
    expect(shares([A, B], 100)['b'] ?? 0).toBe(0);
  });
});

describe('by hash', () => {
  const many = Array.from({ length: 10 }, (_each, index) => instance(`i${index}`));
  const keys = Array.from({ length: 5000 }, (_each, index) => `user-${index}`);

  it('sends a key to one instance, and moves only the keys of an instance that left', () => {
    const { balancer, pick } = setup({ policy: 'hash' });
    const before = keys.map((key) => pick(many, key));
    expect(keys.map((key) => pick(many, key))).toEqual(before);
    balancer.instancesChanged();
    const fewer = many.slice(1);
    for (const [index, key] of keys.entries()) {
      if (before[index] !== 'i0') expect(pick(fewer, key)).toBe(before[index]);
    }
  });

  it('spreads keys evenly', () => {
    const { pick } = setup({ policy: 'hash' });
    const counts = new Map<string, number>();
    for (const key of keys)
      counts.set(String(pick(many, key)), (counts.get(String(pick(many, key))) ?? 0) + 1);
    expect(counts.size).toBe(10);
    for (const count of counts.values()) expect(count).toBeLessThan(2 * (keys.length / 10));
  });

  it('selects another instance if one was tried', () => {
    const { pick } = setup({ policy: 'hash' });
    const first = String(pick(many, 'x'));
    expect(pick(many, 'x', new Set([first]))).not.toBe(first);
  });
});

describe('an instance that fails', () => {
  it('is ejected after five consecutive failures, longer each time', () => {
    const { clock, fail, shares } = setup();
    expect(fail(A, ABC, 5)).toEqual([false, false, false, false, true]);
    expect(shares(ABC, 10)['a']).toBeUndefined();
    clock.now = 30_000;
    expect(shares(ABC, 9)['a']).toBe(3);
    expect(fail(A, ABC, 5).at(-1)).toBe(true);
    clock.now += 30_000;
    expect(shares(ABC, 9)['a']).toBeUndefined();
    clock.now += 30_000;
    expect(shares(ABC, 9)['a']).toBe(3);
  });

  it('is ejected when half of at least twenty requests fail', () => {
    const { balancer, clock } = setup();
    const outcomes = Array.from({ length: 20 }, (_each, index) => {
      const stats = balancer.requestStarted(A);
      return balancer.requestEnded(stats, ABC, index % 2 === 1 ? '503' : undefined, clock.now);
    });
    expect(outcomes.indexOf(true)).toBe(19);
  });

  it('is not ejected if half are already, or if it is the only one', () => {
    const { fail } = setup();
    const four = [...ABC, instance('d')];
    expect(fail(A, four, 5).at(-1)).toBe(true);
    expect(fail(B, four, 5).at(-1)).toBe(true);
    expect(fail(C, four, 5).at(-1)).toBe(false);
    expect(setup().fail(A, [A], 50)).not.toContain(true);
  });

  it('receives traffic if no other instance is left', () => {
    const { fail, pick } = setup();
    fail(A, ABC, 5);
    expect(pick([A])).toBe('a');
  });
});

describe('too few instances that are not ejected', () => {
  it('make ejections void until there are more (panic)', () => {
    const { balancer, fail, shares } = setup({ ejection: { panicThreshold: 0.4 } });
    const four = [...ABC, instance('d')];
    fail(A, four, 5);
    fail(B, four, 5);
    expect(shares(four, 10)).toEqual({ c: 5, d: 5 });
    balancer.instancesChanged();
    expect(shares(ABC, 9)).toEqual({ a: 3, b: 3, c: 3 });
    balancer.instancesChanged();
    expect(Object.keys(shares(four, 10)).toSorted()).toEqual(['c', 'd']);
  });
});

describe('a new instance', () => {
  it('gets a share that grows from a tenth to the whole', () => {
    const { clock, shares } = setup({ slowStartMs: 10_000 });
    const fresh = instance('new', { since: 0 });
    const list = [A, fresh];
    const first = shares(list, 1000)['new'] ?? 0;
    clock.now = 5000;
    const later = shares(list, 1000)['new'] ?? 0;
    clock.now = 10_000;
    expect(first).toBeGreaterThan(20);
    expect(first).toBeLessThan(200);
    expect(later).toBeGreaterThan(first);
    expect(shares(list, 1000)['new']).toBe(500);
  });

  it('gets its full share if every instance is new', () => {
    const { shares } = setup({ slowStartMs: 10_000 });
    const list = [instance('a', { since: 0 }), instance('b', { since: 0 })];
    expect(shares(list, 100)['nobody']).toBeUndefined();
  });
});

describe('zones', () => {
  const near = instance('near', { zone: 'z1' });
  const far = instance('far', { zone: 'z2' });

  it('are preferred while an instance there is available', () => {
    const { balancer, shares, pick } = setup({ zone: 'z1', maxInFlight: 1 });
    expect(shares([near, far], 10)).toEqual({ near: 10 });
    balancer.requestStarted(near);
    expect(pick([near, far])).toBe('far');
  });
});
