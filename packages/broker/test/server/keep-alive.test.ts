import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { KeepAlive } from '../../src/server/keep-alive.ts';

let happened: string[];
let keepalive: KeepAlive;

beforeEach(() => {
  vi.useFakeTimers();
  happened = [];
  const client = {
    sendPing: () => void happened.push('ping'),
    expire: () => void happened.push('expire'),
  };
  keepalive = new KeepAlive(client, { activityTimeoutMs: 100, pongTimeoutMs: 30 });
});

afterEach(() => {
  vi.useRealTimers();
});

it('pings after the activity timeout and expires after the pong timeout', () => {
  vi.advanceTimersByTime(99);
  expect(happened).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(happened).toEqual(['ping']);
  vi.advanceTimersByTime(29);
  expect(happened).toEqual(['ping']);
  vi.advanceTimersByTime(1);
  expect(happened).toEqual(['ping', 'expire']);
  expect(vi.getTimerCount()).toBe(0);
});

it('starts over with any activity, before the ping and after', () => {
  vi.advanceTimersByTime(99);
  keepalive.activity();
  vi.advanceTimersByTime(99);
  expect(happened).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(happened).toEqual(['ping']);
  vi.advanceTimersByTime(29);
  keepalive.activity();
  vi.advanceTimersByTime(99);
  expect(happened).toEqual(['ping']);
  vi.advanceTimersByTime(1);
  expect(happened).toEqual(['ping', 'ping']);
});

it.each([0, 50, 110])('leaves no timer when stopped after %d ms', (ms) => {
  vi.advanceTimersByTime(ms);
  keepalive.stop();
  expect(vi.getTimerCount()).toBe(0);
});
