import { beforeEach, describe, expect, it } from 'vitest';
import { AppliedChanges } from '../../src/workers/applied.ts';
import type { WorkerProcess } from '../../src/workers/process.ts';

const worker = (pid: number): WorkerProcess => ({ pid, send() {}, kill() {} });
const [a, b] = [worker(1), worker(2)];

describe('a callback for when all workers have applied a change', () => {
  let applied: AppliedChanges;
  let called: string[];
  const when = (name: string) => applied.when(() => called.push(name));
  beforeEach(() => {
    applied = new AppliedChanges();
    called = [];
  });

  it('is called at once without workers or changes', () => {
    applied.next();
    when('no worker');
    applied.add(a);
    when('it has the table');
    expect(called).toEqual(['no worker', 'it has the table']);
  });

  it('is called in order, when the last worker has applied its change', () => {
    applied.add(a);
    applied.add(b);
    const first = applied.next();
    when('first');
    const second = applied.next();
    when('second');
    applied.applied(a, second);
    expect(called).toEqual([]);
    applied.applied(b, first);
    expect(called).toEqual(['first']);
    applied.applied(b, second);
    expect(called).toEqual(['first', 'second']);
  });

  it('does not wait for a worker that has ended, even if a message of it arrives later', () => {
    applied.add(a);
    applied.add(b);
    const change = applied.next();
    when('change');
    applied.applied(a, change);
    applied.delete(b);
    expect(called).toEqual(['change']);
    applied.applied(b, change);
    applied.next();
    when('next');
    expect(called).toEqual(['change']);
    applied.applied(a, change + 1);
    expect(called).toEqual(['change', 'next']);
  });
});
