import { EventEmitter, once } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';
import { ShutdownCoordinator } from '../src/shutdown.ts';
import type { ShutdownTask, SignalSource } from '../src/shutdown.ts';
import { deferred } from '../../../test/support/deferred.ts';

/** A process that receives signals and records how it ended. */
class FakeProcess extends EventEmitter implements SignalSource {
  exit(code: number): void {
    this.emit('exit', code);
  }
  get isListening(): boolean {
    return ['SIGINT', 'SIGTERM', 'SIGHUP'].some((signal) => this.listenerCount(signal) > 0);
  }
}

let process: FakeProcess;
let shutdown: ShutdownCoordinator;
let steps: string[];
let now: number;
beforeEach(() => {
  process = new FakeProcess();
  process.on('exit', (code: number) => steps.push(`exit ${code}`));
  now = 0;
  steps = [];
  shutdown = new ShutdownCoordinator({
    process,
    now: () => now,
    log: { error: (message) => steps.push(message) },
  });
});

function task(name: string, leave: () => Promise<void> = () => Promise.resolve()): ShutdownTask {
  return {
    leave: async () => {
      steps.push(`${name} leaves`);
      await leave();
    },
    close: ({ left }) => void steps.push(`${name} closes, ${left ? 'left' : 'not left'}`),
    abort: () => void steps.push(`${name} aborts`),
  };
}

const hangs = (): Promise<void> => new Promise(() => {});

async function end(signal: string): Promise<void> {
  const exit = once(process, 'exit');
  process.emit(signal);
  await exit;
}

describe('on a signal', () => {
  it.each(['SIGINT', 'SIGTERM'])(
    '%s: all tasks leave, then all close, then the process exits once',
    async (signal) => {
      const slow = deferred();
      shutdown.add(task('a', () => slow.promise));
      shutdown.add(task('b', async () => slow.resolve()));
      await end(signal);
      expect(steps).toEqual(['a leaves', 'b leaves', 'a closes, left', 'b closes, left', 'exit 0']);
    },
  );

  it('reports which task could not leave, and exits with 1', async () => {
    shutdown.add(task('a', () => Promise.reject(new Error('no broker'))));
    shutdown.add(task('b'));
    await end('SIGTERM');
    expect(steps.slice(2)).toEqual([
      'could not leave the registry: no broker',
      'a closes, not left',
      'b closes, left',
      'exit 1',
    ]);
  });

  it('exits with 1 if closing fails', async () => {
    shutdown.add({ ...task('a'), close: () => Promise.reject(new Error('stuck')) });
    await end('SIGTERM');
    expect(steps).toEqual(['a leaves', 'could not close: stuck', 'exit 1']);
  });

  it('closes a task that has nothing to leave', async () => {
    shutdown.add({ close: () => void steps.push('closes') });
    await end('SIGTERM');
    expect(steps).toEqual(['closes', 'exit 0']);
  });

  it('flushes the log last', async () => {
    shutdown.logTo({ error: () => {}, flush: async () => void steps.push('flushed') });
    shutdown.add(task('a'));
    await end('SIGTERM');
    expect(steps).toEqual(['a leaves', 'a closes, left', 'flushed', 'exit 0']);
  });

  it('ends on a further signal that a task asks for', async () => {
    shutdown.add(task('a'));
    shutdown.add(task('b'), ['SIGHUP']);
    await end('SIGHUP');
    expect(steps.at(-1)).toBe('exit 0');
  });
});

describe('a second signal', () => {
  it('that follows at once is ignored', async () => {
    const slow = deferred();
    shutdown.add(task('a', () => slow.promise));
    process.emit('SIGINT');
    now = 100;
    process.emit('SIGTERM');
    const exit = once(process, 'exit');
    slow.resolve();
    await exit;
    expect(steps).toEqual(['a leaves', 'a closes, left', 'exit 0']);
  });

  it('later on ends the process without waiting', async () => {
    shutdown.add(task('a', hangs));
    process.emit('SIGTERM');
    now = 1000;
    await end('SIGINT');
    expect(steps).toEqual(['a leaves', 'a aborts', 'exit 1']);
  });
});

it('does not listen to signals once every task is removed', async () => {
  shutdown.add(task('a'), ['SIGHUP'])();
  expect(process.isListening).toBe(false);
  const remove = shutdown.add(task('b'));
  shutdown.add(task('c'));
  remove();
  await end('SIGTERM');
  expect(steps).toEqual(['c leaves', 'c closes, left', 'exit 0']);
});
