import { describe, expect, it } from 'vitest';
import { REQUEST } from '../../../proxy/test/decisions.ts';
import type { RoutingConfig } from '../../src/settings/config.ts';
import { setup } from './routed.ts';

/** A router with an instance at each of these ports, by the prefix that it announces. */
function routed(
  routes: NonNullable<RoutingConfig['routes']>,
  instances: Readonly<Record<string, number>>,
) {
  const { say, configure, decide } = setup();
  for (const [prefix, port] of Object.entries(instances)) say(port, { prefix });
  configure({ routes });
  /** Such as `1 /x`: the port that a request goes to, and its target there; or the code of a problem. */
  return (url: string, request: Partial<typeof REQUEST> = {}) => {
    const [, host = '', target = ''] = /^([^/]*)(.*)$/.exec(url) ?? [];
    const decision = decide(host, target, { ...REQUEST, ...request });
    if (decision.type === 'answer') return decision.problem.code;
    return `${decision.next()?.port} ${decision.target}`;
  };
}

/** A request with these header fields, each of the value 1. */
function having(...names: string[]): Pick<typeof REQUEST, 'field'> {
  return { field: (name) => (names.includes(name) ? '1' : undefined) };
}

function rewrite(rule: object): ReturnType<typeof routed> {
  return routed({ '/v1': { rewrite: rule } }, { '/v1': 1 });
}

describe('routes by host', () => {
  const to = routed(
    {
      'api.example.com/v1': { service: '/orders' },
      'api.example.com/': { service: '/site' },
      '*.example.com/v1': { service: '/any' },
      '*.shop.example.com/': { service: '/shop', strip: false },
      'example.com/orders': {},
      'localhost/v1': { service: '/site' },
    },
    { '/orders': 1, '/site': 2, '/any': 3, '/shop': 4, '/v1': 5 },
  );

  it.each([
    ['api.example.com/v1/x', '1 /x'],
    ['API.Example.com.:8443/v1/x', '1 /x'],
    ['api.example.com/other', '2 /other'],
    ['www.example.com/v1', '3 /'],
    ['a.b.example.com/v1', '3 /'],
    ['a.shop.example.com/v1/x', '4 /v1/x'],
    ['example.com/orders/1', '1 /1'],
  ])(
    '%s goes to %s: an exact host, then the longest wildcard, then the longest prefix',
    (url, expected) => {
      expect(to(url)).toBe(expected);
    },
  );

  it('fall back to a less specific host if the host has no route for the path', () => {
    expect(to('shop.example.com/v1')).toBe('3 /');
    expect(to('localhost/v1/x')).toBe('2 /x');
    expect(to('localhost/orders/x')).toBe('1 /x');
  });

  it('make nothing that is announced reachable at a host that only routes name', () => {
    expect(to('www.example.com/orders')).toBe('unknown-route');
    expect(to('example.com/v1')).toBe('unknown-route');
  });

  it('do not open the gateway to other hosts', () => {
    expect(to('example.org/v1')).toBe('unknown-host');
    expect(to('xexample.com/v1')).toBe('unknown-host');
    expect(to('/v1')).toBe('5 /');
  });

  it('have no wildcard for the name itself', () => {
    const only = routed({ '*.example.com/': { service: '/v1' } }, { '/v1': 1 });
    expect([only('example.com/'), only('a.example.com/')]).toEqual(['unknown-host', '1 /']);
  });

  it('answer 503 if nothing serves them, and 404 if they name no service and none has registered', () => {
    const empty = routed({ 'a.com/x': { service: '/x' }, 'b.com/x': {} }, {});
    expect([empty('a.com/x'), empty('b.com/x')]).toEqual(['no-instance', 'unknown-route']);
  });

  it('are counted by their key', () => {
    const { say, decide, configure } = setup();
    say(1);
    configure({ routes: { 'api.example.com/': { service: '/v1' } } });
    expect(decide('api.example.com', '/x')).toMatchObject({
      route: 'api.example.com/',
      prefix: '',
    });
    expect(decide('localhost', '/v1/x')).toMatchObject({ route: '/v1', prefix: '/v1' });
  });
});

describe('the cases of a route', () => {
  const to = routed(
    {
      '/v2': {
        cases: [
          { when: { methods: ['POST'], headers: { 'X-Beta': '1' } }, service: '/beta' },
          { when: { query: { v: '3', debug: '*' } }, service: '/v3', strip: false },
          { when: { headers: { 'x-any': '*' } }, rewrite: { prefix: '/', replacement: '/any' } },
        ],
      },
    },
    { '/v2': 2, '/v3': 3, '/beta': 4 },
  );
  it('apply if all of their conditions hold', () => {
    expect(to('localhost/v2/x', { method: 'POST', ...having('x-beta') })).toBe('4 /x');
    expect(to('localhost/v2/x', { method: 'GET', ...having('x-beta') })).toBe('2 /x');
    expect(to('localhost/v2/x', { method: 'POST' })).toBe('2 /x');
    expect(to('localhost/v2/x?debug&v=3')).toBe('3 /v2/x?debug&v=3');
    expect(to('localhost/v2/x?v=3')).toBe('2 /x?v=3');
    expect(to('localhost/v2/x?v=4&debug=1')).toBe('2 /x?v=4&debug=1');
  });

  it('come in their order', () => {
    const request = { method: 'POST', ...having('x-beta', 'x-any') };
    expect(to('localhost/v2/x?v=3&debug', request)).toBe('4 /x?v=3&debug');
  });

  it('fall back to the service and settings of the route', () => {
    expect(to('localhost/v2/x', having('x-any'))).toBe('2 /any/x');
  });
});

describe('rewriting', () => {
  it('replaces a prefix after that of the route is stripped, and keeps the query', () => {
    const to = rewrite({ prefix: '/old', replacement: '/new' });
    expect(to('localhost/v1/old/x?q=1')).toBe('1 /new/x?q=1');
    expect(to('localhost/v1/old')).toBe('1 /new');
    expect(to('localhost/v1/older')).toBe('1 /older');
    expect(rewrite({ prefix: '/', replacement: '/api' })('localhost/v1/x')).toBe('1 /api/x');
    expect(rewrite({ prefix: '/api', replacement: '/' })('localhost/v1/api/x')).toBe('1 /x');
  });

  it('replaces whole paths by a regular expression', () => {
    const to = rewrite({ regex: '/users/([0-9]+)', replacement: '/user?id=$1' });
    expect(to('localhost/v1/users/7?q=1')).toBe('1 /user?id=7&q=1');
    expect(to('localhost/v1/users/x')).toBe('1 /users/x');
  });

  it.each(['/../x', '/..', '/%2e%2E/x', '/..%2fx', '/a/..;b/x', '/..\\x'])(
    'refuses a path with %s, which would leave the replacement',
    (path) => {
      const to = rewrite({ prefix: '/old', replacement: '/new/secret' });
      expect(to(`localhost/v1/old${path}`)).toBe('path-escapes-route');
    },
  );
});
