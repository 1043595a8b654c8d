import { describe, expect, it } from 'vitest';
import type { AttemptEnd, Forward } from '@rollcall/proxy';
import { REQUEST } from '../../../proxy/test/decisions.ts';
import { forwarded, portsOf, setup } from './routed.ts';

function fail(decision: Forward): void {
  decision.onAttemptEnd?.('failed');
}

/** Has the first of two instances fail four times, end another request so, and then fail once more. */
function endBetweenFailures(end: (decision: Forward) => void) {
  const { say, decide, told } = setup();
  for (const port of [1, 2]) say(port);
  const endAtFirst = (endFirst: (decision: Forward) => void): void => {
    for (let count = 0; count < 2; count++) {
      const decision = forwarded(decide('localhost', '/v1'));
      if (decision.next()?.port === 1) endFirst(decision);
      else decision.onAttemptEnd?.('responded');
    }
  };
  for (let count = 0; count < 4; count++) endAtFirst(fail);
  endAtFirst(end);
  endAtFirst(fail);
  return told.filter((each) => each.startsWith('ejected')).length;
}

describe('a router', () => {
  it('selects instances in exact round-robin', () => {
    const { say, picks } = setup();
    for (const port of [1, 2, 3]) say(port);
    expect(picks(7)).toEqual([1, 2, 3, 1, 2, 3, 1]);
  });

  it('gives an instance that registers twice a single share', () => {
    const { say, picks } = setup();
    for (const port of [1, 2, 1, 1]) say(port);
    expect(picks(4)).toEqual([1, 2, 1, 2]);
  });

  it('continues when the list of instances shrinks', () => {
    const { say, pick, picks } = setup();
    for (const port of [1, 2, 3]) say(port);
    picks(2);
    say(3, { left: true });
    say(2, { left: true });
    expect(pick()).toBe(1);
  });

  it('has a separate rotation for each prefix', () => {
    const { say, pick } = setup();
    for (const port of [1, 2]) say(port);
    for (const port of [8, 9]) say(port, { prefix: '/v2' });
    expect([pick('/v1'), pick('/v2'), pick('/v1'), pick('/v2')]).toEqual([1, 8, 2, 9]);
  });

  it('begins anew with a prefix that was forgotten', () => {
    const { router, say, pick } = setup();
    for (const port of [1, 2]) say(port);
    expect(pick()).toBe(1);
    for (const port of [1, 2]) say(port, { left: true });
    router.forgetPrefix('/v1');
    for (const port of [1, 2]) say(port);
    expect(pick()).toBe(1);
  });

  it('offers every instance once for retries', () => {
    const { say, decide } = setup();
    for (const port of [1, 2, 3]) say(port);
    decide('localhost', '/v1');
    const decision = decide('localhost', '/v1');
    expect(portsOf(decision)).toEqual([2, 3, 1]);
  });

  it('offers new instances, and none that left meanwhile', () => {
    const { say, decide } = setup();
    for (const port of [1, 2]) say(port);
    const decision = forwarded(decide('localhost', '/v1'));
    expect(decision.next()?.port).toBe(1);
    decision.onAttemptEnd?.('failed');
    say(2, { left: true });
    say(3);
    expect(portsOf(decision)).toEqual([3]);
  });

  it('reports that every instance is at its limit', () => {
    const { say, decide } = setup({ maxInFlight: 1 });
    for (const port of [1, 2]) say(port);
    const [one, two] = [decide('localhost', '/v1'), decide('localhost', '/v1')];
    for (const each of [one, two]) if (each.type === 'forward') each.next();
    expect(decide('localhost', '/v1')).toMatchObject({ problem: { code: 'overloaded' } });
    if (one.type === 'forward') one.onAttemptEnd?.('responded');
    expect(decide('localhost', '/v1')).toMatchObject({ type: 'forward' });
  });

  it('skips an instance for a while after repeated failures', () => {
    const { clock, say, decide, picks } = setup();
    for (const port of [1, 2]) say(port);
    for (let count = 0; count < 10; count++) {
      const decision = forwarded(decide('localhost', '/v1'));
      const failing = decision.next()?.port === 1;
      decision.onResponse?.(failing ? 503 : 200);
      decision.onAttemptEnd?.('responded');
    }
    expect(picks(4)).toEqual([2, 2, 2, 2]);
    clock.now += 30_000;
    expect(new Set(picks(4))).toEqual(new Set([1, 2]));
  });

  it.each<AttemptEnd>(['abandoned', 'unsent'])(
    'does not take a request without a response, which is %s, for a success',
    (end) => {
      expect(endBetweenFailures((decision) => decision.onAttemptEnd?.(end))).toBe(1);
      expect(endBetweenFailures((decision) => decision.onAttemptEnd?.('responded'))).toBe(0);
    },
  );

  it.each([
    [14, 'UNAVAILABLE', 1],
    [13, 'INTERNAL', 0],
    [4, 'DEADLINE_EXCEEDED', 0],
    [5, 'NOT_FOUND', 0],
    [0, 'OK', 0],
  ])(
    'takes a call of gRPC with status %i, %s, as ejection does a 503 or not',
    (code, _name, ejections) => {
      const call = (decision: Forward): void => {
        decision.onResponse?.(200);
        decision.onGrpcStatus?.(code);
        decision.onAttemptEnd?.('responded');
      };
      expect(endBetweenFailures(call)).toBe(ejections);
    },
  );

  it('has room again after a request that its client has given up', () => {
    const { say, decide } = setup({ maxInFlight: 1 });
    say(1);
    const decision = forwarded(decide('localhost', '/v1'));
    decision.next();
    expect(decide('localhost', '/v1')).toMatchObject({ problem: { code: 'overloaded' } });
    decision.onAttemptEnd?.('abandoned');
    expect(decide('localhost', '/v1')).toMatchObject({ type: 'forward' });
  });

  it('counts a request that goes to the same instance again, because there is no other', () => {
    const { say, decide, told } = setup({ maxInFlight: 1 });
    say(1);
    const decision = forwarded(decide('localhost', '/v1'));
    decision.next();
    decision.onAttemptEnd?.('failed');
    expect(decision.next()).toBeUndefined();
    decision.again?.();
    expect(told).toEqual(['retried /v1 /v1 127.0.0.1 1']);
    expect(decide('localhost', '/v1')).toMatchObject({ problem: { code: 'overloaded' } });
    decision.onResponse?.(200);
    decision.onAttemptEnd?.('responded');
    expect(decide('localhost', '/v1')).toMatchObject({ type: 'forward' });
  });

  it('reports unreachable and ejected instances', () => {
    const { say, decide, told } = setup();
    for (const port of [1, 2]) say(port);
    const one = '/v1 127.0.0.1 1';
    portsOf(decide('localhost', '/v1/x'));
    expect(told).toEqual([`retried /v1 ${one}`]);
    for (let count = 0; count < 4; count++) portsOf(decide('localhost', '/v1/x'));
    expect(told.filter((each) => each.startsWith('ejected'))).toEqual([`ejected /v1 ${one}`]);
  });

  it('limits retries to a fifth of the requests, and ten a second', () => {
    const { clock, say, decide } = setup();
    say(1);
    const repeats = (count: number): number => {
      let granted = 0;
      for (let each = 0; each < count; each++) {
        const decision = forwarded(decide('localhost', '/v1'));
        decision.next();
        if (decision.mayRetry?.()) granted++;
        decision.onAttemptEnd?.('responded');
      }
      return granted;
    };
    expect(Math.abs(repeats(1000) - (10 + 200))).toBeLessThanOrEqual(1);
    clock.now += 1000;
    expect(repeats(5)).toBe(5);
  });

  it.each([
    [undefined, (value: string) => ({ ...REQUEST, clientAddress: value })],
    [
      'header:X-User',
      (value: string) => ({
        ...REQUEST,
        field: (name: string) => (name === 'x-user' ? value : undefined),
      }),
    ],
    [
      'cookie:user',
      (value: string) => ({
        ...REQUEST,
        field: (name: string) => (name === 'cookie' ? `a=b; user=${value}` : undefined),
      }),
    ],
  ])('sends requests with the same key to one instance, by %j', (hashBy, asking) => {
    const { say, pick, decide } = setup({ policy: 'hash', ...(hashBy && { hashBy }) });
    for (const port of [1, 2, 3, 4]) say(port);
    const users = Array.from({ length: 40 }, (_, index) => asking(`192.0.2.${index}`));
    const first = users.map((user) => pick('/v1/x', user));
    expect(users.map((user) => pick('/v1/x', user))).toEqual(first);
    expect(new Set(first).size).toBe(4);
    // When that one cannot be reached, all of its requests go to one other after it.
    const [user = REQUEST] = users;
    expect(portsOf(decide('localhost', '/v1', user))).toEqual(
      portsOf(decide('localhost', '/v1', user)),
    );
  });

  it('distinguishes an unknown prefix from one whose instances have all left', () => {
    const { say, pick } = setup();
    expect(pick()).toBe('unknown-route');
    say(1);
    say(1, { left: true });
    expect(pick()).toBe('no-instance');
  });

  it('does not know a prefix any more that the table has forgotten', () => {
    const { say, pick, table, router } = setup();
    say(1);
    say(1, { left: true });
    pick();
    table.apply({ type: 'prefix-dismissed', prefix: '/v1' }, 0);
    router.forgetPrefix('/v1');
    expect(pick()).toBe('unknown-route');
    say(2);
    expect(pick()).toBe(2);
  });

  it('retries a request at an instance of a prefix that was forgotten meanwhile and came back', () => {
    const { say, decide, table, router } = setup();
    say(1);
    const decision = forwarded(decide('localhost', '/v1'));
    expect(decision.next()?.port).toBe(1);
    decision.onAttemptEnd?.('failed');
    say(1, { left: true });
    table.apply({ type: 'prefix-dismissed', prefix: '/v1' }, 0);
    router.forgetPrefix('/v1');
    expect(decision.next()).toBeUndefined();
    expect(decision.unavailable).toMatchObject({ code: 'unknown-route' });
    say(2);
    expect(decision.next()?.port).toBe(2);
  });

  it('uses the instances of a prefix that had none for a while', () => {
    const { say, decide, pick } = setup();
    say(1);
    const inFlight = forwarded(decide('localhost', '/v1'));
    inFlight.next();
    inFlight.onAttemptEnd?.('failed');
    say(1, { left: true });
    expect(inFlight.next()).toBeUndefined();
    expect(pick()).toBe('no-instance');
    say(2);
    expect(inFlight.next()?.port).toBe(2);
    expect(pick()).toBe(2);
  });

  it('uses the suspect instances of a prefix once none is healthy', () => {
    const { say, pick, table, router } = setup();
    const lease = { id: 'a', inc: 1, seq: 0, ttl: 5 };
    say(1, { fields: lease });
    say(2, { fields: { ...lease, id: 'b', ttl: 10 } });
    const picksAt = (now: number) => {
      table.apply({ type: 'tick' }, now);
      router.instancesChanged('/v1');
      return new Set([pick(), pick()]);
    };
    expect(picksAt(0)).toEqual(new Set([1, 2]));
    expect(picksAt(7000)).toEqual(new Set([2]));
    expect(picksAt(12_000)).toEqual(new Set([1, 2]));
  });

  it('uses a service that registers after its route was asked', () => {
    const { say, pick, configure } = setup();
    configure({ routes: { '/v1': { service: '/v2' } } });
    expect(pick()).toBe('no-instance');
    say(1, { prefix: '/v2' });
    expect(pick()).toBe(1);
  });

  it('finds a prefix with more segments than any before it', () => {
    const { say, pick, configure, decide } = setup();
    say(1);
    expect(pick('/v1/a/b/c')).toBe(1);
    say(2, { prefix: '/v1/a/b' });
    expect(pick('/v1/a/b/c')).toBe(2);
    configure({ routes: { '/v1/a/b/c': { service: '/v1' } } });
    expect(pick('/v1/a/b/c/d')).toBe(1);
    configure({ routes: { 'a.example/v1/a/b/c/d': { service: '/v1' } } });
    expect(forwarded(decide('a.example', '/v1/a/b/c/d/e')).target).toBe('/e');
  });

  it('does not take a path for the id of a case', () => {
    const { say, pick, configure } = setup();
    say(1);
    say(2, { prefix: '' });
    configure({ routes: { '/v1': { cases: [{ when: { methods: ['GET'] } }] } } });
    expect(pick('/v1/x')).toBe(1);
    expect(pick('/v1%20(case%201)/x')).toBe(2);
  });

  it('does not answer for other hosts, or for targets that are not paths', () => {
    const { decide } = setup();
    // Clients get no advice about the gateway's configuration.
    expect(decide('evil.example', '/v1')).toMatchObject({
      problem: {
        code: 'unknown-host',
        detail: 'This gateway does not serve the host "evil.example".',
      },
    });
    expect(decide('localhost', 'http://evil.example/v1')).toMatchObject({
      problem: { code: 'bad-target' },
    });
    expect(decide('localhost', '*')).toMatchObject({ problem: { code: 'bad-target' } });
  });
});
