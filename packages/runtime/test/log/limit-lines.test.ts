import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { limitLines } from '@rollcall/runtime';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('logs 20 lines in ten seconds, and how many more there were', () => {
  const lines: unknown[] = [];
  const log = limitLines((...line: unknown[]) => lines.push(line));
  for (let n = 1; n <= 25; n += 1) log({ n }, 'refused request');
  expect(lines).toHaveLength(20);
  vi.advanceTimersByTime(10_000);
  expect(lines.slice(20)).toEqual([[{ lines: 5 }, 'refused request: further lines omitted']]);
  log({ n: 26 }, 'refused request');
  expect(lines).toHaveLength(22);
  vi.advanceTimersByTime(10_000);
  expect(lines).toHaveLength(22);
});
