import { describe, expect, it } from 'vitest';
import { REQUEST } from '../../../proxy/test/decisions.ts';
import { createFilterServices } from '../../src/filters/filter-context.ts';
import { routingRules } from '../../src/routing/rules.ts';
import { routingSettings } from '../../src/settings/config.ts';
import type { RoutingConfig } from '../../src/settings/config.ts';
import { filterRequest } from '../filters/filter-request.ts';
import { forwarded, setup } from './routed.ts';

const HEADERS: RoutingConfig['headers'] = { response: { remove: ['Server'] } };

describe('a route with filters', () => {
  it('has those of its own settings and of the settings for all, in their order', () => {
    const { say, decide, configure } = setup();
    say(1);
    say(2, { prefix: '/v2' });
    configure({ headers: HEADERS, routes: { '/v1': { cors: { origins: ['*'] } } } });
    const namesOf = (target: string) =>
      decide('localhost', target).filters?.map(({ name }) => name);
    expect(namesOf('/v1/x')).toEqual(['cors', 'headers']);
    expect(namesOf('/v2/x')).toEqual(['headers']);
    expect(namesOf('/none')).toEqual(['headers']);
    configure({});
    expect(namesOf('/v1/x')).toEqual([]);
  });

  it('picks an instance only when its filters are through', () => {
    const { say, decide, configure } = setup();
    say(1);
    configure({ headers: HEADERS });
    const before = forwarded(decide('localhost', '/v1/x'));
    say(1, { left: true });
    say(2);
    expect(before.next()?.port).toBe(2);
  });

  it('has the problem for when no instance can be picked then', () => {
    const { say, decide, configure } = setup();
    say(1);
    configure({ headers: HEADERS, balancing: { maxInFlight: 1 } });
    forwarded(decide('localhost', '/v1/x')).next();
    const busy = forwarded(decide('localhost', '/v1/x'));
    expect(busy.next()).toBeUndefined();
    expect(busy.unavailable).toMatchObject({
      code: 'overloaded',
      detail: 'All instances of /v1 are at their limit of 1 request in flight.',
    });
    say(1, { left: true });
    const gone = forwarded(decide('localhost', '/v1/x'));
    expect(gone.next()).toBeUndefined();
    expect(gone.unavailable?.code).toBe('no-instance');
  });
});

describe('the field X-Consumer of a client', () => {
  const CONSUMERS = { acme: {} };

  it.each<[string, RoutingConfig]>([
    ['consumers are configured', { consumers: CONSUMERS }],
    ['all routes have authentication', { apiKey: { enabled: true } }],
    [
      'another route has authentication',
      { routes: { 'a.example/': { service: '/v1', apiKey: { enabled: true } } } },
    ],
    [
      'a case of a route has authentication',
      { routes: { '/v2': { cases: [{ when: { methods: ['POST'] }, jwt: { enabled: true } }] } } },
    ],
  ])('is dropped on every route when %s', async (_when, config) => {
    const { say, decide, configure } = setup();
    say(1);
    configure(config);
    const [filter] = decide('localhost', '/v1/x').filters ?? [];
    const headers = {
      'X-Consumer': 'root',
      X_Consumer: 'root',
      'X.Consumer': 'root',
      'X-Other': '1',
    };
    const request = filterRequest({ headers });
    await filter?.onRequest?.(request);
    expect([...request.fields]).toEqual([['X-Other', '1']]);
    expect(decide('localhost', '/none').filters?.[0]).toBe(filter);
  });

  it('passes if nothing proves who calls', () => {
    const { say, decide, configure } = setup();
    say(1);
    configure({});
    expect(decide('localhost', '/v1/x').filters).toEqual([]);
  });
});

describe('a rate limit of a route', () => {
  const POST = { methods: ['POST'] };

  it.each([
    ['share its counts', [{ when: POST }], [undefined, 429]],
    [
      'have their own with a limit of their own',
      [{ when: POST, rateLimit: { rate: '1/h' } }],
      [undefined, undefined],
    ],
  ])('holds for its cases, which %s', async (_what, cases, expected) => {
    const { say, decide, router } = setup();
    say(1);
    const settings = routingSettings({ routes: { '/v1': { rateLimit: { rate: '1/m' }, cases } } });
    const services = createFilterServices({ isDry: false, pseudonym: 'us', onFault() {} });
    router.configure(routingRules(settings, services));
    const statuses = ['GET', 'POST'].map((method) => {
      const [filter] = decide('localhost', '/v1/x', { ...REQUEST, method }).filters ?? [];
      const outcome = filter?.onRequest?.(filterRequest({ method, route: '/v1' }));
      return outcome !== undefined && 'problem' in outcome ? outcome.problem.status : undefined;
    });
    expect(statuses).toEqual(expected);
    services.close();
  });
});

describe('a prefix that only the configuration has', () => {
  it('is a route if it redirects, and unknown otherwise', () => {
    const { decide, configure } = setup();
    const redirect = { path: { prefix: '/old', replacement: '/new' } };
    configure({ routes: { '/old': { redirect }, '/other': { cors: { origins: ['*'] } } } });
    const old = forwarded(decide('localhost', '/old/x'));
    expect([old.next(), old.unavailable?.code]).toEqual([undefined, 'unknown-route']);
    expect(decide('localhost', '/other/x')).toMatchObject({ problem: { code: 'unknown-route' } });
  });
});
