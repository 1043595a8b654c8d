import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { endConnection } from '../../../src/server/web-socket/end-connection.ts';
import { FakeSocket } from './fake-socket.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it.each([
  ['does not end', true],
  ['does not read', false],
])('a client that %s is disconnected', (_name, reads) => {
  const socket = new FakeSocket(reads);
  endConnection(socket, 'no');
  expect(String(socket.written)).toBe('no');
  expect(socket.destroyed).toBe(false);
  vi.advanceTimersByTime(1_000);
  expect(socket.destroyed).toBe(true);
});

it('nothing is left of a client that ends, even if it sends something before', async () => {
  const socket = new FakeSocket();
  socket.pause();
  endConnection(socket, 'no');
  socket.push('frames');
  socket.push(null);
  await expect.poll(() => socket.closed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

it('a client that resets its connection does no harm', async () => {
  const socket = new FakeSocket();
  endConnection(socket, 'no');
  socket.destroy(new Error('reset'));
  await turn();
  expect(socket.closed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});
