import { beforeEach, describe, expect, it } from 'vitest';
import { AT, errorCount, requestCount } from '../../src/traffic/counts.ts';
import type { Counts } from '../../src/traffic/counts.ts';
import { TrafficCounter } from '../../src/traffic/traffic-counter.ts';
import { change, exchanged, instance } from './request-summary.ts';

let traffic: TrafficCounter;
beforeEach(() => {
  traffic = new TrafficCounter([instance('a')]);
});

const route = (prefix: string | undefined): Counts | undefined =>
  new Map(traffic.routes()).get(prefix);
const of = (key: string): Counts | undefined => new Map(traffic.instances()).get(key);

describe('traffic', () => {
  it('is counted by route and by instance', () => {
    traffic.countRequest(exchanged());
    traffic.countRequest(exchanged({ status: 503, problem: 'overloaded', instance: undefined }));
    traffic.countRequest(exchanged({ status: 200, isAborted: true }));
    traffic.countRequest(exchanged({ route: undefined, instance: undefined, status: 404 }));
    const [routed, unrouted] = [route('/v1'), route(undefined)];
    expect(routed && [requestCount(routed), errorCount(routed)]).toEqual([3, 2]);
    expect(unrouted && [requestCount(unrouted), errorCount(unrouted)]).toEqual([1, 0]);
    const a = of('a');
    expect(a && [requestCount(a), errorCount(a), a[AT.responseBytes]]).toEqual([2, 1, 10]);
    expect([...traffic.problems()]).toEqual([['overloaded', 1]]);
  });

  it('counts a call of gRPC that failed as an error, once', () => {
    traffic.countRequest(exchanged({ grpcStatus: 14 }));
    traffic.countRequest(exchanged({ grpcStatus: 14, isAborted: true }));
    traffic.countRequest(exchanged({ grpcStatus: 5 }));
    const a = of('a');
    expect(a && [requestCount(a), errorCount(a)]).toEqual([3, 2]);
  });

  it('measures the whole request for a route, and the time to the head for an instance', () => {
    traffic.countRequest(exchanged({ ms: 3000, upstreamMs: 8 }));
    expect(route('/v1')?.[AT.seconds]).toBe(3);
    expect(of('a')?.[AT.seconds]).toBe(0.008);
  });

  it('counts dropped fields of requests, of other processes too', () => {
    traffic.fieldDropped();
    const delta = traffic.take();
    expect(traffic.droppedFields).toBe(0);
    traffic.add(delta);
    traffic.add(delta);
    expect(traffic.droppedFields).toBe(2);
  });

  it('counts copies of requests by what became of them, apart from requests', () => {
    traffic.mirrored('/v1', 204);
    traffic.mirrored('/v1', undefined);
    traffic.mirrorDropped('/v1', 'in-flight');
    const delta = traffic.take();
    expect([...traffic.copies(), ...traffic.droppedCopies()]).toEqual([]);
    traffic.add(delta);
    traffic.add(delta);
    expect([...traffic.copies()]).toEqual([
      ['2xx', [['/v1', 2]]],
      ['none', [['/v1', 2]]],
    ]);
    expect([...traffic.droppedCopies()]).toEqual([['in-flight', [['/v1', 2]]]]);
    expect([...traffic.routes()]).toEqual([]);
    traffic.forgetRoute('/v1');
    expect([...traffic.copies(), ...traffic.droppedCopies()].flatMap(([, all]) => all)).toEqual([]);
  });

  it('does not measure tunnels', () => {
    traffic.countRequest(exchanged({ status: 101, ms: 3_600_000 }));
    expect(route('/v1')?.[AT.seconds]).toBe(0);
  });

  it.each([100, 199, 599, 600, 999])('counts the status %d', (status) => {
    traffic.countRequest(exchanged({ status }));
    const counts = route('/v1');
    expect(counts && requestCount(counts)).toBe(1);
    expect(counts?.[AT.aborted]).toBe(0);
  });

  it('drops an instance that left, even if it responds later', () => {
    traffic.countRequest(exchanged());
    traffic.apply(change('left', 'a'));
    traffic.countRequest(exchanged());
    traffic.retried('/v1', 'a');
    expect(of('a')).toBeUndefined();
    expect(route('/v1')?.[AT.statuses + 1]).toBe(2);
    traffic.apply(change('registered', 'a'));
    traffic.countRequest(exchanged());
    expect(of('a')?.[AT.statuses + 1]).toBe(1);
  });

  it('continues when an instance changes, and restarts under another prefix', () => {
    traffic.countRequest(exchanged());
    traffic.apply(change('recovered', 'a'));
    expect(of('a')).toBeDefined();
    traffic.apply(change('updated', 'a', '/v2'));
    expect(of('a')).toBeUndefined();
    expect(traffic.prefixOf('a')).toBe('/v2');
  });

  it('is summed over processes', () => {
    const worker = new TrafficCounter([instance('a')]);
    worker.countRequest(exchanged({ filter: 'cors', status: 204, instance: undefined }));
    for (const _ of [1, 2]) {
      worker.countRequest(exchanged());
      worker.countRequest(
        exchanged({ route: undefined, instance: undefined, problem: 'bad-request', status: 400 }),
      );
      worker.retried('/v1', 'a');
      traffic.add(structuredClone(worker.take()));
    }
    traffic.add(worker.take());
    expect(of('a')?.[AT.statuses + 1]).toBe(2);
    expect(of('a')?.[AT.retries]).toBe(2);
    expect(route(undefined)?.[AT.statuses + 3]).toBe(2);
    expect([...traffic.problems()]).toEqual([['bad-request', 2]]);
    expect([...traffic.filters()]).toEqual([['cors', [['/v1', 1]]]]);
  });
});
