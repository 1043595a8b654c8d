import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DebouncedLeaves, MAX_HELD } from '../../src/webhooks/debounced-leaves.ts';
import type { WebhookEvent } from '../../src/webhook-event.ts';

let passed: WebhookEvent[];
let departures: DebouncedLeaves;

beforeEach(() => {
  vi.useFakeTimers();
  passed = [];
  departures = new DebouncedLeaves((event) => passed.push(event));
});
afterEach(() => {
  vi.useRealTimers();
});

const vacated = { name: 'channel_vacated', channel: 'a' } as const;
const occupied = { name: 'channel_occupied', channel: 'a' } as const;
const removed = { name: 'member_removed', channel: 'presence-a', user_id: 'ann' } as const;
const added = { name: 'member_added', channel: 'presence-a', user_id: 'ann' } as const;

describe('leaving', () => {
  it.each([vacated, removed])('is reported after 3 s: %j', (event) => {
    departures.report(event);
    vi.advanceTimersByTime(2_999);
    expect(passed).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(passed).toEqual([event]);
  });

  it.each([
    [vacated, occupied],
    [removed, added],
  ])('and joining again within 3 s are not reported: %j', (event, back) => {
    departures.report(event);
    vi.advanceTimersByTime(2_999);
    departures.report(back);
    vi.advanceTimersByTime(10_000);
    expect(passed).toEqual([]);
    departures.report(event);
    vi.advanceTimersByTime(3_000);
    departures.report(back);
    expect(passed, 'the next time it is news again').toEqual([event, back]);
  });

  it('is not cancelled by another member or channel', () => {
    departures.report(removed);
    const others: WebhookEvent[] = [
      { ...added, user_id: 'bob' },
      { ...added, channel: 'presence-b' },
      { ...occupied, channel: 'presence-a' },
    ];
    for (const other of others) departures.report(other);
    vi.advanceTimersByTime(3_000);
    expect(passed).toEqual([...others, removed]);
  });

  it('is reported at once while 10,000 others are held', () => {
    for (let n = 0; n < MAX_HELD; n += 1) departures.report({ ...vacated, channel: `b-${n}` });
    expect(passed).toEqual([]);
    departures.report(vacated);
    departures.report(occupied);
    expect(passed).toEqual([vacated, occupied]);
  });

  it('leaves no timer when stopped', () => {
    departures.report(vacated);
    departures.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('passes other events on at once', () => {
  const events: WebhookEvent[] = [
    occupied,
    added,
    { name: 'cache_miss', channel: 'cache-a' },
    { name: 'client_event', channel: 'private-a', event: 'e', data: '', socket_id: '1.1' },
    { name: 'subscription_count', channel: 'a', subscription_count: 1 },
  ];
  for (const event of events) departures.report(event);
  expect(passed).toEqual(events);
});
