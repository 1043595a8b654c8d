import { describe, expect, it } from 'vitest';
import { otherReadings } from '../../src/routing/readings.ts';
import { setup } from './routed.ts';

const { say, configure, decide } = setup();
for (const [prefix, port] of [
  ['', 1],
  ['/v1', 2],
] as const)
  say(port, { prefix });
configure({
  routes: { '/admin': { apiKey: { enabled: true } }, '/v1/admin': { apiKey: { enabled: true } } },
});

/** Such as `1 /x`: the port and the target there; or the code of a problem. */
function to(target: string): string {
  const decision = decide('localhost', target);
  if (decision.type === 'answer') return decision.problem.code;
  return `${decision.next()?.port} ${decision.target}`;
}

describe('a path that an instance may read as one of another route', () => {
  it.each([
    '//admin',
    '/./admin',
    '/x/../admin',
    '/x/%2e%2E/admin',
    '/%2e/admin',
    '/x/..%2fadmin',
    '/admin%2fx',
    '/admin;x',
    '/.;/admin',
    '/..;/admin',
    '/\\admin',
    '/x%5c..%5cadmin',
    '/admin%00x',
    '/admin%3Bx',
    '/a%2fb/../admin',
    '/x/y//../../admin',
    '/v1//admin/x',
    '/v1/./admin/x',
    '/v1/a/../admin/x',
    '/v1/admin/../x',
    '/v1/x/../../admin?q',
    '/v1/../x',
  ])('is refused: %s', (target) => {
    expect(to(target)).toBe('path-escapes-route');
  });

  it.each([
    ['/x//y', '1 /x//y'],
    ['/x/./y/../z', '1 /x/./y/../z'],
    ['/caf%C3%A9/%2e%2E/a%2Fb;c', '1 /caf%C3%A9/%2e%2E/a%2Fb;c'],
    ['/x?u=http://a//../admin', '1 /x?u=http://a//../admin'],
    ['/.well-known/admin', '1 /.well-known/admin'],
    ['/v1//evil', '2 //evil'],
    ['/v1/a%2fadmin', '2 /a%2fadmin'],
    ['/administrator;x', '1 /administrator;x'],
  ])('is sent as it is if all readings have the same route: %s', (target, expected) => {
    expect(to(target)).toBe(expected);
  });
});

describe('otherReadings', () => {
  it.each(['/', '/v1/x', '/v1/x.y/z..?a=%2f//../;', '/v1/'])('has none for %s', (target) => {
    expect([...otherReadings(target)]).toEqual([]);
  });

  it('takes a bounded time for the longest path', () => {
    const started = performance.now();
    expect([...otherReadings('/;a%2f%5c\\//..'.repeat(1200))].length).toBeLessThanOrEqual(32);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
