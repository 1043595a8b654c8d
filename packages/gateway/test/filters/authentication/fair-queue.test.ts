import { beforeEach, describe, expect, it } from 'vitest';
import { deferred } from '../../../../../test/support/deferred.ts';
import { FairQueue } from '../../../src/filters/authentication/fair-queue.ts';

let time: number;
let started: string[];
/** What ends the jobs that run, in the order in which they have started. */
let ends: (() => void)[];
beforeEach(() => {
  [time, started, ends] = [0, [], []];
});

function queue({
  maxRunning = 1,
  maxRunningPerKey = 2,
  maxWaitingPerKey = 3,
  maxWaiting = 4,
} = {}) {
  const made = new FairQueue({
    maxRunning,
    maxRunningPerKey,
    maxWaitingPerKey,
    maxWaiting,
    maxWaitMs: 1000,
    now: () => time,
  });
  /** Resolves to the name, or undefined if there was no room. */
  return (name: string): Promise<string | undefined> =>
    made.run(name.charAt(0), async () => {
      started.push(name);
      const { promise, resolve } = deferred();
      ends.push(resolve);
      await promise;
      return name;
    });
}

/** Ends jobs until none runs. */
async function drain(jobs: readonly Promise<unknown>[]): Promise<unknown[]> {
  const outcomes = Promise.all(jobs);
  for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
    end();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  return outcomes;
}

describe('a fair queue', () => {
  it('runs few jobs at a time, and the others in turn for each key', async () => {
    const run = queue({ maxRunning: 2 });
    const jobs = ['a1', 'a2', 'a3', 'a4', 'b1', 'c1'].map(run);
    expect(started).toEqual(['a1', 'a2']);
    expect(await drain(jobs)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1', 'c1']);
    expect(started).toEqual(['a1', 'a2', 'a3', 'b1', 'c1', 'a4']);
  });

  it('keeps a place for another key, whose first job need not wait', async () => {
    const run = queue({ maxRunning: 3 });
    const jobs = ['a1', 'a2', 'a3', 'a4', 'b1', 'c1'].map(run);
    expect(started).toEqual(['a1', 'a2', 'b1']);
    expect(await drain(jobs)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1', 'c1']);
    expect(started).toEqual(['a1', 'a2', 'b1', 'a3', 'c1', 'a4']);
  });

  it('has room for some jobs of a key only', async () => {
    const run = queue();
    const outcomes = await drain(['a1', 'a2', 'a3', 'a4', 'a5', 'b1'].map(run));
    expect(outcomes).toEqual(['a1', 'a2', 'a3', 'a4', undefined, 'b1']);
  });

  it('makes room for another key at the cost of the one with the most jobs', async () => {
    const run = queue();
    const outcomes = await drain(['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'd1', 'e1'].map(run));
    expect(outcomes).toEqual(['a1', 'a2', undefined, undefined, 'b1', 'c1', 'd1', undefined]);
  });

  it('drops a job that has waited for too long', async () => {
    const run = queue();
    const jobs = [run('a1'), run('b1')];
    time = 1000;
    jobs.push(run('c1'));
    expect(await drain(jobs)).toEqual(['a1', undefined, 'c1']);
  });

  it('goes on after a job that fails', async () => {
    const made = new FairQueue({
      maxRunning: 1,
      maxRunningPerKey: 1,
      maxWaitingPerKey: 1,
      maxWaiting: 1,
      maxWaitMs: 1000,
      now: () => time,
    });
    const failing = made.run('a', () => Promise.reject(new Error('no')));
    const next = made.run('b', async () => 'b');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('b');
  });
});
