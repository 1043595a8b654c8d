import { beforeEach, describe, expect, it } from 'vitest';
import { Applied } from '../../src/workers/applied.ts';
import type { WorkerProcess } from '../../src/workers/process.ts';

const worker = (pid: number): WorkerProcess => ({ pid, send() {}, kill() {} });
const [a, b] = [worker(1), worker(2)];

describe('what waits until all workers have applied a change', () => {
  let applied: Applied;
  let called: string[];
  const when = (name: string) => applied.when(() => called.push(name));
  beforeEach(() => {
    applied = new Applied();
    called = [];
  });

  it('waits for nobody if there is no worker, or no change', () => {
    applied.next();
    when('no worker');
    applied.join(a);
    when('it was given the table so');
    expect(called).toEqual(['no worker', 'it was given the table so']);
  });

  it('is called in order, each when the last worker has its change', () => {
    applied.join(a);
    applied.join(b);
    const first = applied.next();
    when('first');
    const second = applied.next();
    when('second');
    applied.by(a, second);
    expect(called).toEqual([]);
    applied.by(b, first);
    expect(called).toEqual(['first']);
    applied.by(b, second);
    expect(called).toEqual(['first', 'second']);
  });

  it('does not wait for a worker that has ended, whatever was still on its way from it', () => {
    applied.join(a);
    applied.join(b);
    const change = applied.next();
    when('change');
    applied.by(a, change);
    applied.leave(b);
    expect(called).toEqual(['change']);
    applied.by(b, change);
    applied.next();
    when('next');
    expect(called).toEqual(['change']);
    applied.by(a, change + 1);
    expect(called).toEqual(['change', 'next']);
  });
});
