import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { KeepAlive } from '../../src/server/keep-alive.ts';
import type { SilentClient } from '../../src/server/keep-alive.ts';

let happened: string[];
let clients: Set<SilentClient>;
let keepalive: KeepAlive;

function open(name = ''): SilentClient {
  const client = {
    silentTicks: 0,
    sendPing: () => void happened.push(`ping ${name}`.trim()),
    expire: () => void happened.push(`expire ${name}`.trim()),
  };
  clients.add(client);
  return client;
}

beforeEach(() => {
  vi.useFakeTimers();
  happened = [];
  clients = new Set();
  keepalive = new KeepAlive(clients, { activityTimeoutMs: 100, pongTimeoutMs: 30 });
});

afterEach(() => {
  keepalive.stop();
  vi.useRealTimers();
});

it('pings after the activity timeout and expires after the pong timeout', () => {
  open();
  // A tick of 3 ms later at the most.
  vi.advanceTimersByTime(100);
  expect(happened).toEqual([]);
  vi.advanceTimersByTime(5);
  expect(happened).toEqual(['ping']);
  vi.advanceTimersByTime(29);
  expect(happened).toEqual(['ping']);
  vi.advanceTimersByTime(1);
  expect(happened).toEqual(['ping', 'expire']);
  vi.advanceTimersByTime(1_000);
  expect(happened).toEqual(['ping', 'expire']);
});

it('pings after the whole activity timeout if a tick comes right after the client was heard', () => {
  vi.advanceTimersByTime(2);
  open();
  vi.advanceTimersByTime(100);
  expect(happened).toEqual([]);
  vi.advanceTimersByTime(3);
  expect(happened).toEqual(['ping']);
});

it('starts over with any activity, before the ping and after', () => {
  const client = open();
  vi.advanceTimersByTime(99);
  client.silentTicks = 0;
  vi.advanceTimersByTime(99);
  expect(happened).toEqual([]);
  vi.advanceTimersByTime(6);
  expect(happened).toEqual(['ping']);
  vi.advanceTimersByTime(27);
  client.silentTicks = 0;
  vi.advanceTimersByTime(99);
  expect(happened).toEqual(['ping']);
  vi.advanceTimersByTime(6);
  expect(happened).toEqual(['ping', 'ping']);
});

it('pings each client by its own silence', () => {
  open('a');
  vi.advanceTimersByTime(60);
  open('b');
  vi.advanceTimersByTime(50);
  expect(happened).toEqual(['ping a']);
  vi.advanceTimersByTime(60);
  expect(happened).toEqual(['ping a', 'expire a', 'ping b']);
});

it('takes a second longer at the most', () => {
  keepalive.stop();
  keepalive = new KeepAlive(clients, { activityTimeoutMs: 120_000, pongTimeoutMs: 30_000 });
  vi.advanceTimersByTime(999);
  open();
  vi.advanceTimersByTime(120_000);
  expect(happened).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(happened).toEqual(['ping']);
  vi.advanceTimersByTime(30_000);
  expect(happened).toEqual(['ping', 'expire']);
});

it('leaves no timer when stopped', () => {
  keepalive.stop();
  expect(vi.getTimerCount()).toBe(0);
});
