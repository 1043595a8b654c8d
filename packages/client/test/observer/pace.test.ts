import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Pace } from '../../src/observer/pace.ts';

/** Milliseconds of the clock, which passes only while work is done and timers are waited for. */
let now = 0;
beforeEach(() => {
  now = 0;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function pass(ms: number): void {
  now += ms;
  vi.advanceTimersByTime(ms);
}

/** Work of so many steps of a millisecond each. */
function work(steps: number): { pace: Pace; done: () => number } {
  let done = 0;
  const pace = new Pace(() => {
    now += 1;
    done += 1;
    return done < steps;
  });
  return { pace, done: () => done };
}

it('begins at once, and rests three times as long as it has worked', () => {
  const { pace, done } = work(12);
  pace.start();
  expect(done()).toBe(5);
  pass(14);
  expect(done()).toBe(5);
  pass(1);
  expect(done()).toBe(10);
  pass(15);
  expect(done()).toBe(12);
});

it('begins once, however often there is more work', () => {
  const { pace, done } = work(100);
  for (const _ of [1, 2, 3]) pace.start();
  expect(done()).toBe(5);
});

it('does nothing more once it is stopped', () => {
  const { pace, done } = work(100);
  pace.start();
  pace.stop();
  pass(1000);
  pace.start();
  expect(done()).toBe(5);
});
