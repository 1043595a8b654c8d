import { describe, expect, it } from 'vitest';
import type { Mirror } from '@rollcall/proxy';
import { Router } from '../../src/routing/router.ts';
import type { RoutingConfig } from '../../src/settings/config.ts';
import { REQUEST } from '../../../proxy/test/decisions.ts';
import { forwarded, rules, setup } from './routed.ts';

const OLD = [1, 2];
const NEW = [3, 4];
const MIRROR = { version: '1.5' };

/** A router over two instances of version 1.4 and two of version 1.5, and what it reports. */
function mirroring(versions: NonNullable<RoutingConfig['versions']>, config: RoutingConfig = {}) {
  const { table, say, told } = setup();
  for (const port of OLD) say(port, { fields: { version: '1.4' } });
  for (const port of NEW) say(port, { fields: { version: '1.5' } });
  const position = { now: 0 };
  const router = new Router({
    table,
    events: {
      retried: () => {},
      ejected: (_route, key) => told.push(`ejected ${key}`),
      mirrored: (route, status) => told.push(`${route} ${status ?? 'none'}`),
      mirrorDropped: (route, reason) => told.push(`${route} ${reason}`),
    },
    rules: rules({ versions, ...config }),
    tlsFor: () => undefined,
    random: () => position.now,
    now: () => 0,
  });
  function send(fields: Record<string, string> = {}): { port?: number; mirror?: Mirror } {
    const field = (name: string): string | undefined => fields[name];
    const request = { ...REQUEST, host: 'localhost', target: '/v1/x', field };
    const decision = forwarded(router.decide(request));
    const mirror = decision.mirror?.();
    const port = decision.next()?.port;
    return { ...(port !== undefined && { port }), ...(mirror !== undefined && { mirror }) };
  }
  const remove = (port: number): void =>
    say(port, { left: true, fields: { version: port > 2 ? '1.5' : '1.4' } });
  return { router, told, position, send, remove };
}

const portsOf = (sent: readonly { port?: number }[]) =>
  [OLD, NEW].flat().filter((each) => sent.some(({ port }) => port === each));

describe('a version that requests are mirrored to', () => {
  it('receives copies in turn, and no requests', () => {
    const { send, told } = mirroring({ mirror: MIRROR });
    const sent = Array.from({ length: 8 }, () => send());
    expect(portsOf(sent)).toEqual(OLD);
    expect(sent.map(({ mirror }) => mirror?.next()?.port)).toEqual([3, 4, 3, 4, 3, 4, 3, 4]);
    for (const { mirror } of sent) mirror?.onEnd(200);
    expect(told).toEqual(Array(8).fill('/v1 200'));
  });

  it('receives requests all the same if no other version is there', () => {
    const { send, remove, told } = mirroring({ mirror: MIRROR });
    for (const port of OLD) remove(port);
    const sent = Array.from({ length: 4 }, () => send());
    expect(portsOf(sent)).toEqual(NEW);
    expect(sent.map(({ mirror }) => mirror?.next())).toEqual(Array(4).fill(undefined));
    expect(told).toEqual([]);
  });

  it('may be chosen by hand: such requests are not copied', () => {
    const { send, told } = mirroring({ mirror: MIRROR, pinBy: 'header:x-version' });
    const { port, mirror } = send({ 'x-version': '1.5' });
    expect(NEW).toContain(port);
    expect(mirror?.next()).toBe(undefined);
    expect(told).toEqual([]);
  });

  it('may have a fixed share, and receives copies of the others', () => {
    const { send, position } = mirroring({
      mirror: MIRROR,
      shares: [
        { version: '1.4', weight: 1 },
        { version: '1.5', weight: 1 },
      ],
    });
    position.now = 0.9;
    expect(portsOf([send(), send()])).toEqual(OLD);
    position.now = 0.1;
    expect(portsOf([send(), send()])).toEqual(NEW);
  });

  it('receives no request of its own though the guard gives it a share elsewhere, and that is not observed', () => {
    const { router, send, position } = mirroring({ mirror: MIRROR });
    const groups = [
      { versions: ['1.4'], share: 0.5 },
      { versions: ['1.5'], share: 0.5 },
    ];
    router.split('/v1', { epoch: 3, groups });
    position.now = 0.1;
    expect(portsOf([send(), send(), send()])).toEqual(OLD);
    expect(router.takeEvidence()).toEqual([]);
    router.split('/v1', { epoch: 4, groups: groups.toReversed() });
    expect(portsOf([send(), send(), send()])).toEqual(OLD);
  });
});

describe('requests are copied', () => {
  it('by their share', () => {
    const { send, position } = mirroring({ mirror: { ...MIRROR, share: 0.1 } });
    position.now = 0.09;
    expect(send().mirror).not.toBe(undefined);
    position.now = 0.1;
    expect(send().mirror).toBe(undefined);
  });

  it('within the limits of the route', () => {
    const limits = { maxBodyBytes: 10, timeoutMs: 20 };
    const { send } = mirroring({ mirror: { ...MIRROR, ...limits } });
    expect(send().mirror).toMatchObject(limits);
  });

  it('as long as not too many are in flight', () => {
    const { send, told } = mirroring({ mirror: { ...MIRROR, maxInFlight: 2 } });
    const [first, second, third] = [send().mirror, send().mirror, send().mirror];
    expect([first?.next(), second?.next()]).not.toContain(undefined);
    expect(third?.next()).toBe(undefined);
    expect(told).toEqual(['/v1 in-flight']);
    first?.onEnd(undefined);
    expect(send().mirror?.next()).not.toBe(undefined);
    expect(told).toEqual(['/v1 in-flight', '/v1 none']);
  });

  it('if an instance of the version receives traffic', () => {
    const { send, remove, told } = mirroring({ mirror: MIRROR });
    for (const port of NEW) remove(port);
    expect(send().mirror?.next()).toBe(undefined);
    expect(told).toEqual(['/v1 no-instance']);
  });

  it('and drops are counted by the route', () => {
    const { send, told } = mirroring({ mirror: MIRROR });
    send().mirror?.onDropped('body-size');
    expect(told).toEqual(['/v1 body-size']);
  });

  it('of one case only', () => {
    const { send } = mirroring(
      {},
      {
        routes: {
          '/v1': {
            cases: [{ when: { headers: { 'x-a': '1' } }, versions: { mirror: MIRROR } }],
          },
        },
      },
    );
    expect(send().mirror).toBe(undefined);
    expect(send({ 'x-a': '1' }).mirror).not.toBe(undefined);
  });

  it('unless a route turns it off', () => {
    const { send } = mirroring(
      { mirror: MIRROR },
      { routes: { '/v1': { versions: { mirror: { share: 0 } } } } },
    );
    expect(portsOf(Array.from({ length: 8 }, () => send()))).toEqual([1, 2, 3, 4]);
    expect(send().mirror).toBe(undefined);
  });
});

it('failures of copies eject no instance, and are no requests in flight', () => {
  const { router, send, told } = mirroring({ mirror: MIRROR });
  for (let count = 0; count < 50; count++) {
    const { mirror } = send();
    mirror?.next();
    expect(new Map(router.inFlight()).has('/v1 127.0.0.1:3')).toBe(false);
    mirror?.onEnd(503);
  }
  expect(new Set(told)).toEqual(new Set(['/v1 503']));
  expect(router.ejections()).toEqual([]);
  expect([...router.inFlight()].map(([key]) => key).join()).not.toMatch(/:[34]/);
  expect(router.takeEvidence()).toEqual([]);
});
