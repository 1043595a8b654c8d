import { describe, expect, it } from 'vitest';
import { REQUEST } from '../../../proxy/test/decisions.ts';
import { forwarded, limitsOf, portsOf, rules, setup } from './routed.ts';

describe('a reconfigured router', () => {
  it('does not offer an instance that left to a request in flight', () => {
    const { say, decide, configure } = setup({ policy: 'hash' });
    for (const port of [1, 2, 3]) say(port);
    const decision = decide('localhost', '/v1');
    if (decision.type !== 'forward') throw new Error('not forwarded');
    const first = decision.next()?.port;
    decision.onAttemptEnd?.('failed');
    configure({ balancing: { policy: 'hash' } });
    const [gone = 0, left] = [1, 2, 3].filter((port) => port !== first);
    say(gone, { left: true });
    // The ring of before would name it.
    expect(portsOf(decision)).toEqual([left]);
  });

  it('uses the policy of each route, or the policy for all', () => {
    const { say, decide, configure } = setup();
    say(1);
    say(2, { prefix: '/v2' });
    configure({ limits: { answerMs: 1 }, routes: { '/v2': { limits: { answerMs: 2 } } } });
    const answerMs = (target: string) => limitsOf(decide('localhost', target))?.answerMs;
    expect([answerMs('/v1'), answerMs('/v2')]).toEqual([1, 2]);
  });

  it('keeps ejections and requests in flight', () => {
    const { say, picks, decide, configure } = setup({ maxInFlight: 1 });
    say(1);
    say(2);
    for (let failures = 0; failures < 5; failures++) {
      const decision = forwarded(decide('localhost', '/v1'));
      if (decision.next()?.port === 1) decision.onAttemptEnd?.('failed');
      else {
        decision.onAttemptEnd?.('responded');
        failures--;
      }
    }
    configure({});
    expect(picks(4)).toEqual([2, 2, 2, 2]);
  });
});

describe('a request that ends after a reconfiguration', () => {
  it('still counts for ejections', () => {
    const { say, picks, decide, configure } = setup();
    for (const port of [1, 2, 3, 4]) say(port);
    const settings = {
      ejection: { consecutiveFailures: 1, maxEjectedShare: 1, panicThreshold: 0.75 },
    };
    configure(settings);
    const late = [1, 2].map((port) => {
      const decision = forwarded(decide('localhost', '/v1'));
      expect(decision.next()?.port).toBe(port);
      return decision;
    });
    configure(settings);
    picks(1);
    for (const decision of late) decision.onAttemptEnd?.('failed');
    // Half of them are left, which would not bear the load of all.
    expect(new Set(picks(4))).toEqual(new Set([1, 2, 3, 4]));
  });
});

function asking(id: string, inc: number, policy?: object) {
  return { id, inc, policy: policy ?? null };
}

describe('the policy that an instance announces', () => {
  it('is granted within the limits for all, and the settings of the route take precedence', () => {
    const { say, decide, configure } = setup();
    say(1, { fields: asking('a', 1, { answerMs: 50, totalMs: 900, bodyBytes: 10 }) });
    configure({ limits: { totalMs: 100 }, routes: { '/v1': { limits: { bodyBytes: 1000 } } } });
    expect(limitsOf(decide('localhost', '/v1'))).toMatchObject({
      answerMs: 50,
      totalMs: 100,
      bodyBytes: 1000,
    });
  });

  it('is the policy of the latest instance, while it is registered', () => {
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

  it('may keep the prefix in the path, unless the route says otherwise', () => {
    const { say, decide, configure } = setup();
    const target = () => forwarded(decide('localhost', '/v1/x')).target;
    say(1, { fields: asking('a', 1, { strip: false }) });
    expect(target()).toBe('/v1/x');
    configure({ routes: { '/v1': { strip: true } } });
    expect(target()).toBe('/x');
  });

  it('may set balancing, the in-flight limit, and no retries', () => {
    const { say, pick, decide } = setup();
    const policy = { balancing: 'hash', hashBy: 'header:x-user', maxInFlight: 1, retries: false };
    for (const port of [1, 2, 3]) say(port, { fields: asking(`i${port}`, 1, policy) });
    const user = { ...REQUEST, field: () => 'somebody' };
    const first = pick('/v1', user);
    expect([pick('/v1', user), pick('/v1', user)]).toEqual([first, first]);
    const decision = forwarded(decide('localhost', '/v1', user));
    expect(decision.next()?.port).toBe(first);
    expect(decision.mayRetry?.()).toBe(false);
    expect(pick('/v1', user)).not.toBe(first);
  });

  it('cannot raise the limits of the gateway', () => {
    const { say, decide } = setup({ maxInFlight: 1 });
    say(1, { fields: asking('a', 1, { mostInFlight: 1000 }) });
    const decision = decide('localhost', '/v1');
    if (decision.type === 'forward') decision.next();
    expect(decide('localhost', '/v1')).toMatchObject({ problem: { code: 'overloaded' } });
  });
});

describe('a route with strip off', () => {
  it('keeps its prefix on the path', () => {
    const { say, decide, configure } = setup();
    say(1);
    configure({ routes: { '/v1': { strip: false } } });
    expect(decide('localhost', '/v1/x?y')).toMatchObject({ target: '/v1/x?y', isStripped: false });
  });
});

const policiesOf = (by: ReturnType<typeof rules>) =>
  ['/v1', '/v2'].map((prefix) => by.ruleOf(prefix).policyOf());

describe('the policy of routes that set nothing themselves', () => {
  it('is one for all of them', () => {
    const [one, other] = policiesOf(rules({ limits: { answerMs: 1 }, routes: { '/v3': {} } }));
    expect(one?.limits.answerMs).toBe(1);
    expect(other).toBe(one);
  });

  it('has filters for each of them, because filters may remember requests', () => {
    const [one, other] = policiesOf(rules({ ipAccess: { allow: ['192.0.2.0/24'] } }));
    expect(one?.filters.map(({ name }) => name)).toEqual(['ipAccess']);
    expect(other?.filters).toHaveLength(1);
    expect(other?.filters[0]).not.toBe(one?.filters[0]);
  });

  it('is not that of a route whose instances announce one', () => {
    const by = rules({});
    expect(by.ruleOf('/v1').policyOf({ strip: false }).strip).toBe(false);
    expect(by.ruleOf('/v1').policyOf().strip).toBe(true);
  });
});
