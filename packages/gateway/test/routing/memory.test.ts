import type { Instance } from '@rollcall/client';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../../../test/support/garbage.ts';
import { StatsRegistry } from '../../src/balancing/instance-stats.ts';
import { roundRobin } from '../../src/balancing/policies/round-robin.ts';
import { setup } from './routed.ts';

const TIMES = 5000;
/** Less than what a router would keep of so many, and more than what the collector leaves. */
const MAX_BYTES = 300_000;

/** How much more is referenced after so many changes, once the first have filled what is kept anyway. */
function bytesKeptOf(change: (number: number) => void): number {
  const inUse = (times: number, from: number): number => {
    for (let number = from; number < from + times; number++) change(number);
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = inUse(TIMES, 0);
  return inUse(TIMES, TIMES) - before;
}

function instance(version: string): Instance {
  const announcement = { prefix: '/v1', address: '127.0.0.1', port: 1, version };
  return { key: '', announcement, status: 'healthy', since: 0 };
}

describe('a router keeps nothing', () => {
  it('of routes that the configuration does not have any more', () => {
    const { configure, pick } = setup();
    const cases = [{ when: { methods: ['GET'] }, service: '/v1' }];
    const kept = bytesKeptOf((number) => {
      configure({ routes: { [`/route-${number}`]: { cases } } });
      pick(`/route-${number}/x`);
    });
    expect(kept).toBeLessThan(MAX_BYTES);
  });

  it('of versions that are gone', () => {
    const stats = new StatsRegistry().of('', 0);
    const policy = roundRobin({ statsOf: () => stats, random: () => 0 });
    const kept = bytesKeptOf((number) => {
      policy.instancesChanged?.();
      policy.choose([instance(`version-${number}`)], () => true, '');
    });
    expect(kept).toBeLessThan(MAX_BYTES);
  });
});
