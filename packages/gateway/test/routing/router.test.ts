import { describe, expect, it } from 'vitest';
import { parseAnnouncement, Table } from '@rollcall/protocol';
import type { Decision } from '../../src/proxy/engine.ts';
import type { BalancingRules } from '../../src/balancing/balancer.ts';
import { matchDomain } from '../../src/routing/domain.ts';
import { policyOf } from '../../src/routing/policy.ts';
import type { ServingSettings } from '../../src/routing/policy.ts';
import { Router } from '../../src/routing/router.ts';
import type { RoutingRules } from '../../src/routing/router.ts';
import { ASKED } from '../proxy/forward-to.ts';

function announcement(port: number, prefix = '/v1', fields: object = {}) {
  const parsed = parseAnnouncement({ prefix, port, address: '127.0.0.1', ...fields });
  if (!parsed.ok) throw new Error(parsed.refusal.reason);
  return parsed.value;
}

function forwarded(decision: Decision) {
  if (decision.type !== 'forward') throw new Error(decision.problem.detail);
  return decision;
}

const limitsOf = (decision: Decision) => forwarded(decision).limits;

/** Of the instances that a decision names, one after the other, until there are no more. */
function portsOf(decision: Decision): number[] {
  const ports: number[] = [];
  if (decision.type !== 'forward') return ports;
  for (let each = decision.next(); each !== undefined; each = decision.next()) {
    ports.push(each.port);
    decision.ended(true);
  }
  return ports;
}

function rules(settings: ServingSettings): RoutingRules {
  return {
    isOurs: matchDomain('localhost'),
    policyOf: (prefix, asked) => policyOf(settings, prefix, asked),
  };
}

function setup(balancing: Partial<BalancingRules> = {}) {
  const clock = { now: 0 };
  const table = new Table({ probes: 'never' });
  const say = (port: number, { prefix = '/v1', left = false, fields = {} } = {}) => {
    const statement = { announcement: announcement(port, prefix, fields), left };
    table.apply({ type: 'heard', statement }, 0);
    router.changed(prefix);
  };
  const told: string[] = [];
  const router = new Router({
    table,
    events: {
      retried: (prefix, key) => told.push(`retried ${prefix} ${key}`),
      ejected: (prefix, key) => told.push(`ejected ${prefix} ${key}`),
    },
    rules: rules({ balancing }),
    random: () => 0,
    now: () => clock.now,
  });
  const decide = (host: string, target: string, asked = ASKED) =>
    router.decide(host, target, asked);
  /** The port that is picked, or the problem's code. */
  const pick = (target = '/v1/x', asked = ASKED) => {
    const decision = decide('localhost', target, asked);
    if (decision.type === 'answer') return decision.problem.code;
    const port = decision.next()?.port;
    decision.answered(200);
    decision.ended(false);
    return port;
  };
  const picks = (count: number) => Array.from({ length: count }, () => pick());
  const configure = (settings: ServingSettings) => router.configure(rules(settings));
  return { clock, told, say, decide, pick, picks, configure };
}

describe('a router', () => {
  it('lets instances take turns, exactly', () => {
    const { say, picks } = setup();
    for (const port of [1, 2, 3]) say(port);
    expect(picks(7)).toEqual([1, 2, 3, 1, 2, 3, 1]);
  });

  it('gives an instance that registers twice no double share', () => {
    const { say, picks } = setup();
    for (const port of [1, 2, 1, 1]) say(port);
    expect(picks(4)).toEqual([1, 2, 1, 2]);
  });

  it('goes on when the turn was beyond the end of a list that has shrunk', () => {
    const { say, pick, picks } = setup();
    for (const port of [1, 2, 3]) say(port);
    picks(2);
    say(3, { left: true });
    say(2, { left: true });
    expect(pick()).toBe(1);
  });

  it('takes turns per prefix', () => {
    const { say, pick } = setup();
    for (const port of [1, 2]) say(port);
    for (const port of [8, 9]) say(port, { prefix: '/v2' });
    expect([pick('/v1'), pick('/v2'), pick('/v1'), pick('/v2')]).toEqual([1, 8, 2, 9]);
  });

  it('names every instance once, so that another can stand in', () => {
    const { say, decide } = setup();
    for (const port of [1, 2, 3]) say(port);
    decide('localhost', '/v1');
    const decision = decide('localhost', '/v1');
    expect(portsOf(decision)).toEqual([2, 3, 1]);
  });

  it('names no instance that has left since, and those that have come', () => {
    const { say, decide } = setup();
    for (const port of [1, 2]) say(port);
    const decision = forwarded(decide('localhost', '/v1'));
    expect(decision.next()?.port).toBe(1);
    decision.ended(true);
    say(2, { left: true });
    say(3);
    expect(portsOf(decision)).toEqual([3]);
  });

  it('says that there is no room when every instance has all that it may have', () => {
    const { say, decide } = setup({ mostInFlight: 1 });
    for (const port of [1, 2]) say(port);
    const [one, two] = [decide('localhost', '/v1'), decide('localhost', '/v1')];
    for (const each of [one, two]) if (each.type === 'forward') each.next();
    expect(decide('localhost', '/v1')).toMatchObject({ problem: { code: 'overloaded' } });
    if (one.type === 'forward') one.ended(false);
    expect(decide('localhost', '/v1')).toMatchObject({ type: 'forward' });
  });

  it('sends nothing to an instance that has failed again and again, for a while', () => {
    const { clock, say, decide, picks } = setup();
    for (const port of [1, 2]) say(port);
    for (let count = 0; count < 10; count++) {
      const decision = forwarded(decide('localhost', '/v1'));
      const failing = decision.next()?.port === 1;
      decision.answered(failing ? 503 : 200);
      decision.ended(false);
    }
    expect(picks(4)).toEqual([2, 2, 2, 2]);
    clock.now += 30_000;
    expect(new Set(picks(4))).toEqual(new Set([1, 2]));
  });

  it('tells whom it was in vain to ask, and who is ejected for that', () => {
    const { say, decide, told } = setup();
    for (const port of [1, 2]) say(port);
    const one = '/v1 127.0.0.1 1';
    portsOf(decide('localhost', '/v1/x'));
    expect(told).toEqual([`retried /v1 ${one}`]);
    for (let count = 0; count < 4; count++) portsOf(decide('localhost', '/v1/x'));
    expect(told.filter((each) => each.startsWith('ejected'))).toEqual([`ejected /v1 ${one}`]);
  });

  it('has no more repeated than a fifth of what comes, and ten a second', () => {
    const { clock, say, decide } = setup();
    say(1);
    const repeats = (count: number): number => {
      let granted = 0;
      for (let each = 0; each < count; each++) {
        const decision = forwarded(decide('localhost', '/v1'));
        decision.next();
        if (decision.mayRepeat()) granted++;
        decision.ended(false);
      }
      return granted;
    };
    expect(Math.abs(repeats(1000) - (10 + 200))).toBeLessThanOrEqual(1);
    clock.now += 1000;
    expect(repeats(5)).toBe(5);
  });

  it.each([
    [undefined, (value: string) => ({ ...ASKED, address: value })],
    [
      { type: 'header', name: 'X-User' } as const,
      (value: string) => ({
        ...ASKED,
        field: (name: string) => (name === 'x-user' ? value : undefined),
      }),
    ],
    [
      { type: 'cookie', name: 'user' } as const,
      (value: string) => ({
        ...ASKED,
        field: (name: string) => (name === 'cookie' ? `a=b; user=${value}` : undefined),
      }),
    ],
  ])('sends requests that are alike to one instance, by %j', (hashBy, asking) => {
    const { say, pick, decide } = setup({ policy: 'hash', ...(hashBy && { hashBy }) });
    for (const port of [1, 2, 3, 4]) say(port);
    const users = Array.from({ length: 40 }, (_, index) => asking(`192.0.2.${index}`));
    const first = users.map((user) => pick('/v1/x', user));
    expect(users.map((user) => pick('/v1/x', user))).toEqual(first);
    expect(new Set(first).size).toBe(4);
    // When that one cannot be reached, all of its requests go to one other after it.
    const [user = ASKED] = users;
    expect(portsOf(decide('localhost', '/v1', user))).toEqual(
      portsOf(decide('localhost', '/v1', user)),
    );
  });

  it('tells an unknown prefix from one whose instances have all left', () => {
    const { say, pick } = setup();
    expect(pick()).toBe('unknown-route');
    say(1);
    say(1, { left: true });
    expect(pick()).toBe('no-instance');
  });

  it('does not answer for other hosts, or for targets that are no path', () => {
    const { decide } = setup();
    expect(decide('evil.example', '/v1')).toMatchObject({ problem: { code: 'unknown-host' } });
    expect(decide('localhost', 'http://evil.example/v1')).toMatchObject({
      problem: { code: 'bad-target' },
    });
    expect(decide('localhost', '*')).toMatchObject({ problem: { code: 'bad-target' } });
  });
});

describe('a router that is configured anew', () => {
  it('names no instance that has left since to a request from before', () => {
    const { say, decide, configure } = setup({ policy: 'hash' });
    for (const port of [1, 2, 3]) say(port);
    const decision = decide('localhost', '/v1');
    if (decision.type !== 'forward') throw new Error('not forwarded');
    const first = decision.next()?.port;
    decision.ended(true);
    configure({ balancing: { policy: 'hash' } });
    const [gone = 0, left] = [1, 2, 3].filter((port) => port !== first);
    say(gone, { left: true });
    // The ring of before would name it.
    expect(portsOf(decision)).toEqual([left]);
  });

  it('serves each route by its own policy, or by that of all', () => {
    const { say, decide, configure } = setup();
    say(1);
    say(2, { prefix: '/v2' });
    configure({ limits: { answerMs: 1 }, routes: { '/v2': { limits: { answerMs: 2 } } } });
    const answerMs = (target: string) => limitsOf(decide('localhost', target))?.answerMs;
    expect([answerMs('/v1'), answerMs('/v2')]).toEqual([1, 2]);
  });

  it('still knows who was ejected, and what is in flight', () => {
    const { say, picks, decide, configure } = setup({ mostInFlight: 1 });
    say(1);
    say(2);
    for (let failures = 0; failures < 5; failures++) {
      const decision = forwarded(decide('localhost', '/v1'));
      if (decision.next()?.port === 1) decision.ended(true);
      else {
        decision.ended(false);
        failures--;
      }
    }
    configure({});
    expect(picks(4)).toEqual([2, 2, 2, 2]);
  });
});

describe('a request that ends by rules that are no more', () => {
  it('still counts for whether ejections do', () => {
    const { say, picks, decide, configure } = setup();
    for (const port of [1, 2, 3, 4]) say(port);
    const settings = { ejection: { failuresInRow: 1, mostShare: 1, panicShare: 0.75 } };
    configure(settings);
    const late = [1, 2].map((port) => {
      const decision = forwarded(decide('localhost', '/v1'));
      expect(decision.next()?.port).toBe(port);
      return decision;
    });
    configure(settings);
    picks(1);
    for (const decision of late) decision.ended(true);
    // Half of them are left, which would not bear the load of all.
    expect(new Set(picks(4))).toEqual(new Set([1, 2, 3, 4]));
  });
});

function asking(id: string, inc: number, policy?: object) {
  return { id, inc, policy: policy ?? null };
}

describe('what an instance asks for', () => {
  it('is granted within the limits for all, and the word on the route goes before it', () => {
    const { say, decide, configure } = setup();
    say(1, { fields: asking('a', 1, { answerMs: 50, totalMs: 900, bodyBytes: 10 }) });
    configure({ limits: { totalMs: 100 }, routes: { '/v1': { limits: { bodyBytes: 1000 } } } });
    expect(limitsOf(decide('localhost', '/v1'))).toMatchObject({
      answerMs: 50,
      totalMs: 100,
      bodyBytes: 1000,
    });
  });

  it('is that of the one that began last, for as long as it is there', () => {
    const { say, decide } = setup();
    const answerMs = () => limitsOf(decide('localhost', '/v1'))?.answerMs;
    say(1, { fields: asking('a', 5, { answerMs: 55 }) });
    say(2, { fields: asking('b', 4, { answerMs: 44 }) });
    expect(answerMs()).toBe(55);
    say(3, { fields: asking('c', 6) });
    expect(answerMs()).toBe(300_000);
    say(3, { fields: asking('c', 6), left: true });
    say(1, { fields: asking('a', 5), left: true });
    expect(answerMs()).toBe(44);
  });

  it('may be who is picked, how many requests are in flight, and that none is repeated', () => {
    const { say, pick, decide } = setup();
    const policy = { balancing: 'hash', hashBy: 'header:x-user', mostInFlight: 1, retries: false };
    for (const port of [1, 2, 3]) say(port, { fields: asking(`i${port}`, 1, policy) });
    const user = { ...ASKED, field: () => 'somebody' };
    const first = pick('/v1', user);
    expect([pick('/v1', user), pick('/v1', user)]).toEqual([first, first]);
    const decision = forwarded(decide('localhost', '/v1', user));
    expect(decision.next()?.port).toBe(first);
    expect(decision.mayRepeat()).toBe(false);
    expect(pick('/v1', user)).not.toBe(first);
  });

  it('does not make room for more requests than the gateway has', () => {
    const { say, decide } = setup({ mostInFlight: 1 });
    say(1, { fields: asking('a', 1, { mostInFlight: 1000 }) });
    const decision = decide('localhost', '/v1');
    if (decision.type === 'forward') decision.next();
    expect(decide('localhost', '/v1')).toMatchObject({ problem: { code: 'overloaded' } });
  });
});

describe('a route that is not stripped', () => {
  it('keeps its prefix on the path', () => {
    const { say, decide, configure } = setup();
    say(1);
    configure({ routes: { '/v1': { strip: false } } });
    expect(decide('localhost', '/v1/x?y')).toMatchObject({ target: '/v1/x?y', isStripped: false });
  });
});
