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

/** A service in a table whose instances a test sets. */
function setup() {
  let instances: readonly Instance[] = [instance(1, 100)];
  let time = 0;
  const table = { knows: () => true, prefixes: () => ['/v1'], routable: () => instances };
  const service = new RoutedService('/v1', table, () => time);
  return {
    service,
    announce: (...changed: Instance[]): void => {
      instances = changed;
      service.instancesChanged();
    },
    /** Reads the policy after a time. */
    after: (ms: number): number | undefined => {
      time += ms;
      return service.announced?.answerMs;
    },
  };
}

describe('the policy that the instances of a service announce', () => {
  it('is that of the latest instance, and the same object until another one is announced', () => {
    const { service, announce, after } = setup();
    const first = service.announced;
    announce(instance(1, 100), instance(0, 7));
    expect(after(0)).toBe(100);
    expect(service.announced).toBe(first);
    announce(instance(1, 100), instance(2, 200));
    expect(after(0)).toBe(200);
  });

  it('is looked for a small part of the time, because that visits every instance', () => {
    const { announce, after } = setup();
    const many = Array.from({ length: 10_000 }, () => instance(1, 100));
    announce(...many);
    expect(after(0)).toBe(100);
    announce(...many, instance(2, 200));
    expect(after(499)).toBe(100);
    expect(after(1)).toBe(200);
  });

  it('is that of the first instances at once', () => {
    const { announce, after } = setup();
    announce();
    expect(after(0)).toBeUndefined();
    announce(instance(1, 100));
    expect(after(0)).toBe(100);
  });
});
