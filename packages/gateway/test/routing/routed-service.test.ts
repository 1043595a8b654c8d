import { describe, expect, it } from 'vitest';
import type { Instance } from '@rollcall/client';
import { RoutedService } from '../../src/routing/routed-service.ts';

function instance(inc: number, answerMs: number): Instance {
  const announcement = {
    prefix: '/v1',
    address: '10.0.0.1',
    port: 1,
    id: `i${inc}`,
    inc,
    policy: { answerMs },
  };
  return { key: `i${inc}`, announcement, status: 'healthy', since: 0 };
}

/** A service in a table whose instances a test sets, where each look at them takes some milliseconds. */
function setup({ lookMs }: { lookMs: number }) {
  let instances: readonly Instance[] = [instance(1, 100)];
  let time = 0;
  let isLooking = false;
  const now = (): number => {
    if (isLooking) time += lookMs;
    isLooking = !isLooking;
    return time;
  };
  const table = { knows: () => true, prefixes: () => ['/v1'], routable: () => instances };
  const service = new RoutedService('/v1', table, now);
  return {
    service,
    announce: (...changed: Instance[]): void => {
      instances = changed;
      service.instancesChanged();
    },
    /** Reads the policy after a time. */
    after: (ms: number): number | undefined => {
      time += ms;
      isLooking = false;
      return service.announced?.answerMs;
    },
  };
}

describe('the policy that the instances of a service announce', () => {
  it('is that of the latest instance, and the same object until another one is announced', () => {
    const { service, announce, after } = setup({ lookMs: 0 });
    const first = service.announced;
    announce(instance(1, 100), instance(0, 7));
    expect(after(0)).toBe(100);
    expect(service.announced).toBe(first);
    announce(instance(1, 100), instance(2, 200));
    expect(after(0)).toBe(200);
  });

  it('is looked for a small part of the time, because that visits every instance', () => {
    const { announce, after } = setup({ lookMs: 10 });
    expect(after(0)).toBe(100);
    announce(instance(2, 200));
    expect(after(4000)).toBe(100);
    expect(after(1000)).toBe(200);
  });

  it('is looked for again after ten seconds, however long the last look took', () => {
    const { announce, after } = setup({ lookMs: 1000 });
    expect(after(0)).toBe(100);
    announce(instance(2, 200));
    expect(after(10_000)).toBe(200);
  });
});
