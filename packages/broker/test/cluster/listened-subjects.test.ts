import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ListenedSubjects } from '../../src/cluster/listened-subjects.ts';

let calls: string[];
let subjects: ListenedSubjects;
beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  subjects = new ListenedSubjects({
    listen: (subject) => Promise.resolve(void calls.push(`listen ${subject}`)),
    unlisten: (subject) => void calls.push(`unlisten ${subject}`),
  });
});
afterEach(() => vi.useRealTimers());

it('lets one client that comes and goes cost no round trip each time', async () => {
  for (let count = 0; count < 100; count++) {
    await subjects.add('s');
    subjects.remove('s');
  }
  expect(calls).toEqual(['listen s']);
  vi.advanceTimersByTime(10_000);
  expect(calls).toEqual(['listen s', 'unlisten s']);
});

it('goes on listening for a client that came back in time', async () => {
  await subjects.add('s');
  subjects.remove('s');
  vi.advanceTimersByTime(9_000);
  expect(subjects.add('s')).toBeUndefined();
  vi.advanceTimersByTime(60_000);
  expect(calls).toEqual(['listen s']);
});

it('listens while one of several subscribers is left', async () => {
  await Promise.all([subjects.add('s'), subjects.add('s')]);
  subjects.remove('s');
  vi.advanceTimersByTime(60_000);
  expect(calls).toEqual(['listen s']);
});

it('leaves no timer when it is closed', async () => {
  await subjects.add('s');
  subjects.remove('s');
  subjects.close();
  expect(vi.getTimerCount()).toBe(0);
});
