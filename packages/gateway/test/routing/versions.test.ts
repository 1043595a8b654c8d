import { beforeEach, describe, expect, it } from 'vitest';
import type { AttemptEnd, Decision } from '@rollcall/proxy';
import { latencyAt } from '../../src/rollout/latencies.ts';
import { Router } from '../../src/routing/router.ts';
import type { RoutingConfig } from '../../src/settings/config.ts';
import { REQUEST } from '../../../proxy/test/decisions.ts';
import { forwarded, rules, setup } from './routed.ts';

const SPLIT = {
  epoch: 1,
  groups: [
    { versions: ['1.4'], share: 0.75 },
    { versions: ['1.5'], share: 0.25 },
  ],
};
const OLD = [1, 2];
const NEW = [3];

let made: ReturnType<typeof setup>;
let router: Router;
let clock: { now: number };
/** What the source of random numbers returns next. */
let position: number;

function configure(config: RoutingConfig = {}): void {
  made = setup();
  for (const port of OLD) made.say(port, { fields: { version: '1.4' } });
  for (const port of NEW) made.say(port, { fields: { version: '1.5' } });
  clock = { now: 0 };
  position = 0;
  router = new Router({
    table: made.table,
    rules: rules(config),
    tlsFor: () => undefined,
    random: () => position,
    now: () => clock.now,
  });
}
beforeEach(() => configure());

const decide = (fields: Record<string, string> = {}): Decision =>
  router.decide({
    ...REQUEST,
    host: 'localhost',
    target: '/v1/x',
    field: (name) => fields[name],
  });

/** The port to which a request goes that succeeds. */
function send(fields?: Record<string, string>): number | undefined {
  const decision = forwarded(decide(fields));
  const port = decision.next()?.port;
  decision.onResponse?.(200);
  decision.onAttemptEnd?.('responded');
  return port;
}

/** The clients, of 400, that are at the new version while it has this share. */
function clientsOf(share: number): string[] {
  router.split('/v1', {
    epoch: 1,
    groups: [
      { versions: ['1.4'], share: 1 - share },
      { versions: ['1.5'], share },
    ],
  });
  return Array.from({ length: 400 }, (_, client) => `c${client}`).filter(
    (client) => send({ cookie: `session=${client}` }) === 3,
  );
}

interface RequestEnd {
  readonly end?: AttemptEnd;
  readonly grpcStatus?: number;
  readonly ms?: number;
}

/** A request that ends so after so many milliseconds. */
function request(
  status: number,
  { end = 'responded', grpcStatus = -1, ms = 10 }: RequestEnd = {},
): void {
  const decision = forwarded(decide());
  decision.next();
  clock.now += ms;
  if (status !== 0) decision.onResponse?.(status);
  clock.now += 500;
  if (grpcStatus >= 0) decision.onGrpcStatus?.(grpcStatus);
  decision.onAttemptEnd?.(end);
}
const arm = (group: number) => router.takeEvidence()[0]?.arms[group];

describe('versions', () => {
  it('share requests as they were decided to', () => {
    router.split('/v1', SPLIT);
    const ports = Array.from({ length: 100 }, (_, index) => {
      position = index / 100;
      return send();
    });
    expect(ports.filter((port) => port === 3)).toHaveLength(25);
    router.split('/v1', undefined);
    expect(new Set([send(), send(), send()])).toEqual(new Set([1, 2, 3]));
  });

  it('share requests of other services as they come', () => {
    router.split('/v2', SPLIT);
    expect(new Set([send(), send(), send()])).toEqual(new Set([1, 2, 3]));
  });

  it('share requests as they come where they are not guarded', () => {
    configure({ routes: { '/v1': { versions: { guarded: false } } } });
    router.split('/v1', SPLIT);
    expect(new Set([send(), send(), send()])).toEqual(new Set([1, 2, 3]));
  });

  it('serve the requests of each other if they cannot', () => {
    router.split('/v1', SPLIT);
    made.say(3, { left: true });
    expect(OLD).toContain(send());
    for (const port of OLD) made.say(port, { left: true });
    made.say(4, { fields: { version: '1.5' } });
    position = 0.9;
    expect(send()).toBe(4);
  });

  it('that are ejected are passed over, though another version was chosen', () => {
    router.split('/v1', SPLIT);
    for (let failure = 0; failure < 5; failure++) {
      const decision = forwarded(decide());
      expect(decision.next()?.port).toBe(3);
      decision.onAttemptEnd?.('failed');
    }
    expect(OLD).toContain(send());
  });

  it('have failed requests retried at an old one', () => {
    router.split('/v1', SPLIT);
    const decision = forwarded(decide());
    expect(decision.next()?.port).toBe(3);
    decision.onAttemptEnd?.('failed');
    expect(OLD).toContain(decision.next()?.port);
    position = 0.9;
    const another = forwarded(decide());
    expect(OLD).toContain(another.next()?.port);
    another.onAttemptEnd?.('failed');
    expect(OLD).toContain(another.next()?.port);
  });

  it('keep a client that is sticky, and gain clients while the share grows', () => {
    configure({ versions: { stickyBy: 'cookie:session' } });
    const few = clientsOf(0.1);
    expect(few.length).toBeGreaterThan(20);
    expect(few.length).toBeLessThan(65);
    expect(clientsOf(0.1)).toEqual(few);
    expect(clientsOf(0.5)).toEqual(expect.arrayContaining(few));
  });

  it('keep the keys of the policy hash', () => {
    configure({ balancing: { policy: 'hash', hashBy: 'header:x-user' } });
    router.split('/v1', SPLIT);
    for (let user = 0; user < 50; user++) {
      const port = send({ 'x-user': `u${user}` });
      position = Math.random();
      expect(send({ 'x-user': `u${user}` })).toBe(port);
    }
  });

  it('are chosen by a header or a cookie that the configuration names, even one that is held back', () => {
    const held = {
      epoch: 1,
      groups: [
        { versions: ['1.4'], share: 1 },
        { versions: ['1.5'], share: 0 },
      ],
    };
    configure({ versions: { pinBy: 'header:x-version' } });
    router.split('/v1', held);
    expect(OLD).toContain(send());
    expect(send({ 'x-version': '1.5' })).toBe(3);
    expect(OLD).toContain(send({ 'x-version': '9' }));
    configure({ versions: { pinBy: 'cookie:version' } });
    router.split('/v1', held);
    expect(send({ cookie: 'a=b; version=1.5' })).toBe(3);
    expect(router.takeEvidence()).toEqual([]);
  });

  it('have fixed shares if the configuration says so', () => {
    configure({
      routes: {
        '/v1': {
          versions: {
            shares: [
              { version: '1.4', weight: 1 },
              { version: '1.5', weight: 3 },
            ],
          },
        },
      },
    });
    router.split('/v1', SPLIT);
    const ports = Array.from({ length: 100 }, (_, index) => {
      position = index / 100;
      return send();
    });
    expect(ports.filter((port) => port === 3)).toHaveLength(75);
    expect(router.takeEvidence()).toEqual([]);
  });

  it('wait for the filters of the route', () => {
    configure({ headers: { request: { set: { 'x-a': 'b' } } } });
    router.split('/v1', SPLIT);
    expect(send()).toBe(3);
  });
});

describe('evidence about versions', () => {
  beforeEach(() => {
    configure({ versions: { stepMs: 1000 } });
    router.split('/v1', SPLIT);
    clock.now = 1000;
  });

  it('counts requests by what they were decided for', () => {
    request(200);
    position = 0.9;
    request(200);
    request(404);
    const [evidence] = router.takeEvidence();
    expect(evidence).toMatchObject({ service: '/v1', epoch: 1 });
    expect(evidence?.arms.map(({ requests }) => requests)).toEqual([2, 1]);
    expect(router.takeEvidence()).toEqual([]);
  });

  it('names the keys that failed, where clients are sticky', () => {
    configure({ versions: { stickyBy: 'cookie:session' } });
    router.split('/v1', SPLIT);
    for (const session of ['a', 'b', 'a', 'b', 'b']) {
      const decision = forwarded(decide({ cookie: `session=${session}` }));
      decision.next();
      decision.onResponse?.(500);
      decision.onAttemptEnd?.('responded');
    }
    const arms = router.takeEvidence()[0]?.arms ?? [];
    expect(arms.map(({ failures }) => failures)).toEqual([0, 0]);
    expect(arms.flatMap(({ failedKeys }) => failedKeys)).toHaveLength(2);
    expect(arms.reduce((sum, { requests }) => sum + requests, 0)).toBe(5);
  });

  it('takes a 5xx, no response and a response that breaks off for failures', () => {
    request(500);
    request(0, { end: 'failed' });
    request(200, { end: 'failed' });
    expect(arm(1)).toMatchObject({ requests: 3, failures: 3 });
  });

  it.each([
    [14, 'UNAVAILABLE', 1],
    [13, 'INTERNAL', 1],
    [2, 'UNKNOWN', 1],
    [4, 'DEADLINE_EXCEEDED', 1],
    [12, 'UNIMPLEMENTED', 1],
    [15, 'DATA_LOSS', 1],
    [0, 'OK', 0],
    [1, 'CANCELLED', 0],
    [3, 'INVALID_ARGUMENT', 0],
    [5, 'NOT_FOUND', 0],
    [7, 'PERMISSION_DENIED', 0],
  ])('takes a call of gRPC with status %i, %s, for %i failures', (grpcStatus, _name, failures) => {
    request(200, { grpcStatus });
    expect(arm(1)).toMatchObject({ requests: 1, failures });
  });

  it('leaves out what an instance has not processed because it closes the connection', () => {
    request(0, { end: 'unsent' });
    expect(router.takeEvidence()).toEqual([]);
  });

  it('measures until the head of the response', () => {
    request(200, { ms: 40 });
    expect(latencyAt(arm(1)?.latencies ?? new Uint32Array(256), 0.5)).toBeCloseTo(40, -0.5);
  });

  it('takes the time that a client has waited for a latency, if it left without a response', () => {
    request(0, { end: 'abandoned', ms: 1500 });
    const observed = arm(1);
    expect(observed).toMatchObject({ requests: 1, failures: 0 });
    expect(latencyAt(observed?.latencies ?? new Uint32Array(256), 0.5)).toBeGreaterThan(1900);
  });

  it('does not measure an instance that is warming up, and counts its failures', () => {
    clock.now = 999;
    request(200, { ms: 0 });
    clock.now = 999;
    request(503, { ms: 0 });
    const observed = arm(1);
    expect(observed).toMatchObject({ requests: 2, failures: 1 });
    expect(observed?.latencies.every((count) => count === 0)).toBe(true);
  });

  it('leaves out what another version served, and what was retried', () => {
    made.say(3, { left: true });
    request(200);
    expect(router.takeEvidence()).toEqual([]);
    position = 0.9;
    const decision = forwarded(decide());
    decision.next();
    decision.onAttemptEnd?.('failed');
    decision.next();
    decision.onAttemptEnd?.('failed');
    expect(arm(0)).toMatchObject({ requests: 1, failures: 1 });
  });
});
