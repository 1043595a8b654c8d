import { expect, it } from 'vitest';
import { LineQueue } from '../../src/log/line-queue.ts';
import type { LineDestination } from '../../src/log/line-queue.ts';

/** A stream whose reader takes a line only when the test releases it. */
class ManualStream implements LineDestination {
  readonly lines: string[] = [];
  readonly #waiting: ((error?: Error) => void)[] = [];

  write(text: string, done: (error?: Error) => void): void {
    this.lines.push(text);
    this.#waiting.push(done);
  }

  on(): void {}

  /** The reader takes one line, or the write fails. */
  take(error?: Error): void {
    this.#waiting.shift()?.(error);
  }
}

function queueOf(maxQueued = 100): { stream: ManualStream; queue: LineQueue; dropped: number[] } {
  const stream = new ManualStream();
  const dropped: number[] = [];
  return {
    stream,
    queue: new LineQueue(stream, { dropped: (lines) => dropped.push(lines) }, maxQueued),
    dropped,
  };
}

it('hands the stream together what came while it wrote, as much as a pipe takes in one piece', () => {
  const { stream, queue } = queueOf(20_000);
  queue.write('a\n');
  for (const text of ['b', 'c'.repeat(4092), 'd']) queue.write(`${text}\n`);
  stream.take();
  stream.take();
  expect(stream.lines).toEqual(['a\n', `b\n${'c'.repeat(4092)}\n`, 'd\n']);
});

it('writes lines that may wait together, and by the end of a flush', async () => {
  const { stream, queue } = queueOf();
  queue.writeSoon('a\n');
  queue.writeSoon('b\n');
  expect(stream.lines).toEqual([]);
  const flushed = queue.flush(60_000);
  stream.take();
  await flushed;
  expect(stream.lines).toEqual(['a\nb\n']);
});

it('reports once that it cannot write, until it can again', () => {
  const stream = new ManualStream();
  const failures: unknown[] = [];
  const queue = new LineQueue(stream, {
    dropped: () => {},
    failed: (error) => failures.push(error),
  });
  const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
  for (const outcome of [full, full, undefined, full]) {
    queue.write('a\n');
    stream.take(outcome);
  }
  expect(failures).toEqual([full, full]);
});

it('hands the stream one piece at a time', () => {
  const { stream, queue } = queueOf();
  queue.write('a\n');
  queue.write('b\n');
  expect(stream.lines).toEqual(['a\n']);
  stream.take();
  expect(stream.lines).toEqual(['a\n', 'b\n']);
});

it('drops lines beyond its limit while the reader stalls, and reports how many', () => {
  const { stream, queue, dropped } = queueOf(4);
  for (const line of ['a\n', 'b\n', 'c\n', 'd\n']) queue.write(line);
  expect(dropped).toEqual([]);
  stream.take();
  expect(dropped).toEqual([2]);
  stream.take();
  queue.write('e\n');
  expect(stream.lines).toEqual(['a\n', 'b\n', 'e\n']);
});

it('drops everything once the reader has gone', () => {
  const { stream, queue } = queueOf();
  queue.write('a\n');
  queue.write('b\n');
  stream.take(Object.assign(new Error('write'), { code: 'EPIPE' }));
  queue.write('c\n');
  expect(stream.lines).toEqual(['a\n']);
});

it('continues after a temporary error, such as a full disk', () => {
  const { stream, queue, dropped } = queueOf();
  queue.write('a\n');
  stream.take(Object.assign(new Error('write'), { code: 'ENOSPC' }));
  queue.write('b\n');
  stream.take();
  expect(stream.lines).toEqual(['a\n', 'b\n']);
  expect(dropped).toEqual([1]);
});

it('does not throw if the stream does', () => {
  const stream: LineDestination = {
    on: () => {},
    write: () => {
      throw new Error('closed');
    },
  };
  const queue = new LineQueue(stream, { dropped: () => {} });
  expect(() => queue.write('a\n')).not.toThrow();
});

it('flushes when all lines are written', async () => {
  const { stream, queue } = queueOf();
  queue.write('a\n');
  const flushed = queue.flush(60_000);
  stream.take();
  await flushed;
  await queue.flush(60_000);
});

it('gives up flushing to a stalled reader', async () => {
  const { queue } = queueOf();
  queue.write('a\n');
  await queue.flush(1);
});
