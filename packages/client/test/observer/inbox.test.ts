import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Inbox } from '../../src/observer/inbox.ts';
import type { DropReason } from '../../src/observer/inbox.ts';

let taken: [event: string, data: unknown][];
let dropped: DropReason[];
let inbox: Inbox<typeof FROM>;
const FROM = { name: 'a:1' };
/** How long it takes to take in an event. */
let cost: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  taken = [];
  dropped = [];
  cost = 1;
  inbox = new Inbox({
    take: (event, data) => {
      taken.push([event, data]);
      // The clock alone: no timer runs while an event is taken in.
      const now = performance.now() + cost;
      vi.spyOn(performance, 'now').mockImplementation(() => now);
    },
    onDropped: (why) => dropped.push(why),
  });
});
afterEach(() => {
  inbox.close();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const announced = (id: string, inc: number, seq = 0) => ({
  prefix: '/v1',
  address: '10.0.0.1',
  port: 1,
  id,
  inc,
  seq,
});

it('takes in an event at once if none came shortly before', () => {
  inbox.add('register', announced('a', 1), FROM);
  expect(taken).toEqual([['register', announced('a', 1)]]);
});

it('takes in what follows later, in order, so that requests get their turn', () => {
  inbox.add('rollcall', { nonce: '1' }, FROM);
  inbox.add('rollcall', { nonce: '2' }, FROM);
  inbox.add('exit', announced('a', 1), FROM);
  expect(taken).toHaveLength(1);
  vi.runAllTimers();
  expect(taken.slice(1)).toEqual([
    ['rollcall', { nonce: '2' }],
    ['exit', announced('a', 1)],
  ]);
  expect(dropped).toEqual([]);
});

it('takes in as much at a time as its share allows', () => {
  cost = 2;
  inbox.add('rollcall', 0, FROM);
  for (let n = 1; n <= 10; n++) inbox.add('rollcall', n, FROM);
  vi.advanceTimersToNextTimer();
  expect(taken).toHaveLength(1 + 3);
});

it('rests in proportion to what it has taken in, so that a few events do not wait', () => {
  cost = 0.1;
  inbox.add('rollcall', 0, FROM);
  inbox.add('rollcall', 1, FROM);
  vi.advanceTimersByTime(1);
  expect(taken).toHaveLength(2);
});

it('keeps of one instance the latest of the announcements that wait', () => {
  inbox.add('rollcall', {}, FROM);
  for (let n = 1; n <= 1000; n++) inbox.add('register', announced('a', n), FROM);
  inbox.add('register', announced('a', 5, 9), FROM);
  inbox.add('register', announced('b', 1), FROM);
  inbox.add('exit', announced('a', 1000), FROM);
  vi.runAllTimers();
  expect(taken.slice(1)).toEqual([
    ['register', announced('a', 1000)],
    ['register', announced('b', 1)],
    ['exit', announced('a', 1000)],
  ]);
  expect(dropped).toHaveLength(1000);
  expect(new Set(dropped)).toEqual(new Set(['superseded']));
});

it.each([
  ['is invalid', { port: 0 }],
  ['is nested too deep', { extra: JSON.parse('['.repeat(50) + ']'.repeat(50)) as unknown }],
  ['has another address, which may be refused', { address: '192.0.2.1' }],
])('lets no announcement that %s take the place of one that waits', (_what, wrong) => {
  const valid = announced('a', 2);
  const older = { ...announced('a', 1), ...wrong };
  const newer = { ...announced('a', 9e15), ...wrong };
  inbox.add('rollcall', {}, FROM);
  for (const data of [newer, valid, newer, announced('a', 1), older])
    inbox.add('register', data, FROM);
  vi.runAllTimers();
  expect(taken).toContainEqual(['register', valid]);
});

it('keeps each announcement without a version, because only their order counts', () => {
  inbox.add('rollcall', {}, FROM);
  const legacy = { prefix: '/v1', address: '127.0.0.1', port: 1 };
  for (const event of ['register', 'exit', 'register'] as const) inbox.add(event, legacy, FROM);
  vi.runAllTimers();
  expect(taken.slice(1).map(([event]) => event)).toEqual(['register', 'exit', 'register']);
});

it('drops what it has no room for, and has room again once it has taken in what waits', () => {
  const table = { nonce: 'x', up: Array.from({ length: 9999 }), left: [] };
  inbox.add('rollcall', {}, FROM);
  for (let n = 1; n <= 6; n++) inbox.add('table', table, FROM);
  expect(dropped).toEqual(['full']);
  vi.runAllTimers();
  expect(taken).toHaveLength(1 + 5);
  inbox.add('table', table, FROM);
  vi.runAllTimers();
  expect(taken).toHaveLength(1 + 6);
  expect(dropped).toEqual(['full']);
});

it('takes in nothing after it is closed', () => {
  inbox.add('rollcall', {}, FROM);
  inbox.add('rollcall', {}, FROM);
  inbox.close();
  vi.runAllTimers();
  expect(taken).toHaveLength(1);
});

it('lets a forged announcement supersede no signed one, whose signature it may repeat', () => {
  const sig = 'A'.repeat(86);
  inbox.add('rollcall', { nonce: '1' }, FROM);
  inbox.add('register', { ...announced('a', 1), sig }, FROM);
  inbox.add('register', { ...announced('a', 1, 9), sig }, FROM);
  inbox.add('register', announced('a', 1, 9), FROM);
  vi.runAllTimers();
  expect(taken).toHaveLength(4);
  expect(dropped).toEqual([]);
});
