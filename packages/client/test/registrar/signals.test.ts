import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Leavers } from '../../src/registrar/signals.ts';
import type { Host, Leaver } from '../../src/registrar/signals.ts';
import { deferred } from '../../../../test/support/deferred.ts';

/** A process that hears signals and tells how it ended. */
class FakeProcess extends EventEmitter implements Host {
  exit(code: number): void {
    this.emit('exit', code);
  }
  get isListening(): boolean {
    return this.listenerCount('SIGINT') + this.listenerCount('SIGTERM') > 0;
  }
}

let host: FakeProcess;
let leavers: Leavers;
let told: string[];
beforeEach(() => {
  host = new FakeProcess();
  host.on('exit', (code: number) => told.push(`exit ${code}`));
  leavers = new Leavers(host);
  told = [];
  vi.spyOn(console, 'error').mockImplementation((line: string) => void told.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function leaver(name: string, leave: () => Promise<void> = () => Promise.resolve()): Leaver {
  return {
    leave: async () => {
      told.push(`${name} leaves`);
      await leave();
    },
    close: ({ left }) => void told.push(`${name} closes, ${left ? 'left' : 'not left'}`),
  };
}

async function end(signal: string): Promise<void> {
  const exit = once(host, 'exit');
  host.emit(signal);
  await exit;
}

describe('on a signal', () => {
  it.each(['SIGINT', 'SIGTERM'])(
    '%s: all leave, then all close, then it ends once',
    async (signal) => {
      const slow = deferred();
      leavers.add(leaver('a', () => slow.promise));
      leavers.add(leaver('b', async () => slow.resolve()));
      await end(signal);
      expect(told).toEqual(['a leaves', 'b leaves', 'a closes, left', 'b closes, left', 'exit 0']);
    },
  );

  it('tells who could not leave, and ends with 1', async () => {
    leavers.add(leaver('a', () => Promise.reject(new Error('no broker'))));
    leavers.add(leaver('b'));
    await end('SIGTERM');
    expect(told.slice(2)).toEqual([
      'could not leave the registry: no broker',
      'a closes, not left',
      'b closes, left',
      'exit 1',
    ]);
  });

  it('does not wait for ever to leave', async () => {
    vi.useFakeTimers();
    leavers.add(leaver('a', () => new Promise(() => {})));
    const ended = end('SIGTERM');
    await vi.advanceTimersByTimeAsync(3000);
    await ended;
    expect(told).toEqual([
      'a leaves',
      'could not leave the registry: the broker has not answered within 3 s',
      'a closes, not left',
      'exit 1',
    ]);
  });

  it('ends with 1 when closing fails', async () => {
    leavers.add({ ...leaver('a'), close: () => Promise.reject(new Error('stuck')) });
    await end('SIGTERM');
    expect(told).toEqual(['a leaves', 'could not close: stuck', 'exit 1']);
  });

  it('ends at once at a second one', async () => {
    leavers.add(leaver('a', () => new Promise(() => {})));
    host.emit('SIGTERM');
    await end('SIGINT');
    expect(told).toEqual(['a leaves', 'exit 1']);
  });

  it('knows nothing of what was taken back', async () => {
    leavers.add(leaver('a'))();
    expect(host.isListening).toBe(false);
    const takeBack = leavers.add(leaver('b'));
    leavers.add(leaver('c'));
    takeBack();
    await end('SIGTERM');
    expect(told).toEqual(['c leaves', 'c closes, left', 'exit 0']);
  });
});
