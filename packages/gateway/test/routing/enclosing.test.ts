import { describe, expect, it } from 'vitest';
import { faultsOfWhole } from '../../src/settings/config.ts';
import type { RoutingConfig } from '../../src/settings/config.ts';
import { REQUEST } from '../../../proxy/test/decisions.ts';
import { setup } from './routed.ts';

type Routes = NonNullable<RoutingConfig['routes']>;

const KEYS = { apiKey: { enabled: true } };
const LIMITED = { concurrency: { maxInFlight: 10 } };

/** A router with an instance at each of these ports, by the prefix that it announces. */
function routed(routes: Routes, instances: Readonly<Record<string, number>>) {
  const { say, configure, decide, router } = setup();
  configure({ routes });
  for (const [prefix, port] of Object.entries(instances)) say(port, { prefix });
  /** Such as `1 /x apiKey`: the port that a request goes to, its target there, and the filters that routes ask for. */
  const to = (url: string, request: Partial<typeof REQUEST> = {}) => {
    const [, host = '', target = ''] = /^([^/]*)(.*)$/.exec(url) ?? [];
    const decision = decide(host || 'localhost', target, { ...REQUEST, ...request });
    if (decision.type === 'answer') return decision.problem.code;
    const all = (decision.filters ?? []).map(({ name }) => name);
    const filters = all.filter((name) => name !== 'consumers');
    return [decision.next()?.port, decision.target, ...filters].join(' ');
  };
  return { to, say, decide, router };
}

const faultsOf = (routes: Routes) => faultsOfWhole({ routes }).map(({ message }) => message);

describe('an entry that does not say how it is served', () => {
  it('holds for the requests below it, which the longest route above it serves', () => {
    const { to, decide } = routed({ '/v1/admin': KEYS }, { '/v1': 1 });
    expect(to('/v1/admin/x?y')).toBe('1 /admin/x?y apiKey');
    expect(to('/v1/admin')).toBe('1 /admin apiKey');
    expect(to('/v1/administrator')).toBe('1 /administrator');
    expect(decide('localhost', '/v1/admin')).toMatchObject({ route: '/v1/admin', prefix: '/v1' });
  });

  it('has all settings of the route above it and of the entries between, and sets them over', () => {
    const { to, decide } = routed(
      {
        '/v1': { strip: false, limits: { bodyBytes: 1000 }, basicAuth: { enabled: true } },
        '/v1/a': LIMITED,
        '/v1/a/b': { ...KEYS, basicAuth: { enabled: false } },
      },
      { '/v1': 1 },
    );
    expect(to('/v1/a/b')).toBe('1 /v1/a/b apiKey concurrency');
    expect(to('/v1/a/c')).toBe('1 /v1/a/c basicAuth concurrency');
    expect(decide('localhost', '/v1/a/b')).toMatchObject({ limits: { bodyBytes: 1000 } });
  });

  it('keeps the cases of the route above it', () => {
    const { to } = routed(
      {
        '/v1': { cases: [{ when: { methods: ['POST'] }, service: '/v2', ...LIMITED }] },
        '/v1/admin': KEYS,
      },
      { '/v1': 1, '/v2': 2 },
    );
    expect(to('/v1/admin/x')).toBe('1 /admin/x apiKey');
    expect(to('/v1/admin/x', { method: 'POST' })).toBe('2 /admin/x apiKey concurrency');
  });

  it('is served by a service of its own prefix as soon as one is announced', () => {
    const { to, say } = routed({ '/v1/admin': KEYS }, { '/v1': 1 });
    expect(to('/v1/admin/x')).toBe('1 /admin/x apiKey');
    say(2, { prefix: '/v1/admin' });
    expect(to('/v1/admin/x')).toBe('2 /x apiKey');
  });

  it('is served by the longest of several routes above it, whenever they come', () => {
    const { to, say } = routed({ '/a/b/c': KEYS }, { '': 1 });
    expect(to('/a/b/c/x')).toBe('1 /a/b/c/x apiKey');
    say(2, { prefix: '/a' });
    expect(to('/a/b/c/x')).toBe('2 /b/c/x apiKey');
    say(3, { prefix: '/a/b' });
    expect(to('/a/b/c/x')).toBe('3 /c/x apiKey');
  });

  it('is unknown if no route is above it', () => {
    expect(routed({ '/v1/admin': KEYS }, { '/v2': 1 }).to('/v1/admin')).toBe('unknown-route');
  });

  it('is served so at a host, too', () => {
    const { to } = routed(
      { 'a.test/': { service: '/v1' }, 'a.test/admin': KEYS, 'a.test/v2': KEYS },
      { '/v1': 1, '/v2': 2 },
    );
    expect(to('a.test/admin/x')).toBe('1 /admin/x apiKey');
    expect(to('a.test/v2/x')).toBe('2 /x apiKey');
  });

  it('may turn a redirect off', () => {
    const { to } = routed({ '/health': { redirect: { enabled: false } } }, { '': 1 });
    expect(to('/health')).toBe('1 /health');
  });
});

describe('the filters of an entry', () => {
  it.each(['/api', ''])('hold for what is announced below %s', (key) => {
    const { to } = routed({ [key]: KEYS }, { '/api/users': 1 });
    expect(to('/api/users/x')).toBe('1 /x apiKey');
  });

  it('hold for routes below it that say how they are served, and for their cases', () => {
    const { to } = routed(
      {
        '/api': { service: '/v1', ...KEYS },
        '/api/a': { service: '/v1', ...LIMITED },
        '/api/b': { cases: [{ when: { methods: ['GET'] }, service: '/v1' }] },
      },
      { '/v1': 1 },
    );
    expect(to('/api/a/x')).toBe('1 /x apiKey concurrency');
    expect(to('/api/b/x')).toBe('1 /x apiKey');
  });

  it('can be turned off by a longer entry', () => {
    const { to } = routed(
      { '': KEYS, '/v1': { apiKey: { enabled: false } } },
      { '/v1': 1, '/v2': 2 },
    );
    expect([to('/v1/x'), to('/v2/x')]).toEqual(['1 /x', '2 /x apiKey']);
  });

  it('hold at its host only, and not beside it', () => {
    const { to } = routed(
      { '/v1': KEYS, 'a.test/v1/x': { service: '/v1/x' } },
      { '/v1/x': 1, '/v10': 2 },
    );
    expect([to('a.test/v1/x'), to('/v10')]).toEqual(['1 /', '2 /']);
  });

  it('hold without what else it sets: a redirect, paths, limits', () => {
    const { to, decide } = routed(
      {
        '/api': {
          redirect: { scheme: 'https' },
          strip: false,
          limits: { bodyBytes: 10 },
          ...KEYS,
        },
      },
      { '/api/users': 1 },
    );
    expect(to('/api/users/x')).toBe('1 /x apiKey');
    expect(decide('localhost', '/api/users')).not.toMatchObject({ limits: { bodyBytes: 10 } });
  });
});

/** Returns how often a check of so many routes, each with a part of its own, looks at one of their entries. */
function looksOfCheck(count: number): number {
  let looks = 0;
  const entries = Array.from({ length: count }, (_, index): [string, Routes[string]] => [
    `/v${index}`,
    { rateLimit: { burst: 5 } },
  ]);
  const parts = entries.map(([key]): [string, Routes[string]] => [
    `${key}/x`,
    { rateLimit: { rate: '5/m' } },
  ]);
  const routes = new Proxy<Routes>(Object.fromEntries([...entries, ...parts]), {
    get(target, key: string) {
      looks++;
      return target[key];
    },
    getOwnPropertyDescriptor(target, key) {
      looks++;
      return Object.getOwnPropertyDescriptor(target, key);
    },
  });
  expect(faultsOfWhole({ routes })).toEqual([]);
  return looks;
}

describe('the settings of an entry', () => {
  it('do not cost a look at each other route to check: 10,000 routes took 20 s', () => {
    expect(looksOfCheck(200)).toBeLessThanOrEqual(2 * looksOfCheck(100));
  });

  it('are checked together with the filters of entries around it', () => {
    const rate = { rateLimit: { rate: '5/m' } };
    expect(faultsOf({ '/api': rate, '/api/x': { rateLimit: { burst: 5 } } })).toEqual([]);
    expect(faultsOf({ '/api': rate, '/v1/x': { rateLimit: { burst: 5 } } })).toEqual([
      '`routes./v1/x.rateLimit` is turned on, but needs `rateLimit.rate`',
    ]);
  });

  it('are reported where they stand, and not again below', () => {
    const burst = { rateLimit: { burst: 5 } };
    const cases = [{ when: { methods: ['GET'] }, trailers: true }];
    expect(faultsOf({ '/api': burst, '/api/x': { cases }, '/api/x/y': {} })).toEqual([
      '`routes./api.rateLimit` is turned on, but needs `rateLimit.rate`',
    ]);
  });
});
