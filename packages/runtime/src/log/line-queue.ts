/** What a {@link LineQueue} needs of a stream, such as process.stdout. */
export interface LineDestination {
  readonly isTTY?: boolean | undefined;
  hasColors?(): boolean;
  write(text: string, done: (error?: Error | null) => void): unknown;
  on?(event: 'error', listener: (error: Error) => void): unknown;
}

/** What a {@link LineQueue} reports; each may write a line, also to the same queue. */
export interface LineQueueReports {
  /** Lines can be written again, and so many were dropped before. */
  dropped(lines: number): void;
  /** A line could not be written, unlike the one before it. What follows is dropped until one can. */
  failed?(error: unknown): void;
}

/** A few thousand lines. */
const MAX_QUEUED_BYTES = 1024 * 1024;

/** A pipe takes this much in one piece (PIPE_BUF); more could mix with what another process writes to it. */
const MAX_WRITE_BYTES = 4096;

/** Lines that may wait are written together: one write each took 6.9 µs a line instead of 5.3. */
const MIN_WRITE_BYTES = 2048;
const MAX_WAIT_MS = 250;

/** A reader that is only a little too slow would otherwise be given a report with every line. */
const REPORT_EVERY_MS = 10_000;

const queues = new WeakMap<LineDestination, LineQueue>();

/**
 * Writes lines to a stream, and never waits for its reader. While the reader stalls or the disk is full, lines are kept
 * up to a limit; further lines are dropped and counted. Once nothing reads the stream any more, all lines are dropped.
 *
 * It hands the stream one piece at a time, because the stream would join all that it has queued. `pino.destination()`
 * is not used: with a stalled reader it leaves a thread in `write(2)`, and `process.exit()` then waits for that thread
 * for ever; on a full disk it tries the same line again without end.
 */
export class LineQueue {
  readonly #destination: LineDestination;
  readonly #reports: LineQueueReports;
  readonly #maxQueued: number;
  readonly #onIdle: (() => void)[] = [];
  #lines: string[] = [];
  #queued = 0;
  #dropped = 0;
  #reportedAt = -Infinity;
  #hasFailed = false;
  #isWriting = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    destination: LineDestination,
    reports: LineQueueReports,
    maxQueued: number = MAX_QUEUED_BYTES,
  ) {
    this.#destination = destination;
    this.#reports = reports;
    this.#maxQueued = maxQueued;
    // Each failed write reports itself to its callback also.
    destination.on?.('error', () => {});
  }

  /** The queue of a stream. All that write to it share one, and the first of them says what it reports. */
  static of(destination: LineDestination, reports: LineQueueReports): LineQueue {
    const queue = queues.get(destination) ?? new LineQueue(destination, reports);
    queues.set(destination, queue);
    return queue;
  }

  /** @param line with its line feed */
  write(line: string): void {
    if (this.#add(line)) this.#start();
  }

  /** Writes a line within a quarter of a second, together with others. */
  writeSoon(line: string): void {
    if (!this.#add(line)) return;
    if (this.#queued >= MIN_WRITE_BYTES) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), MAX_WAIT_MS).unref();
  }

  /** Resolves when every line is written, or cannot be, or after that many milliseconds. */
  async flush(withinMs: number): Promise<void> {
    this.#start();
    if (!this.#isWriting) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#onIdle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Returns whether there is room for the line. */
  #add(line: string): boolean {
    if (this.#isClosed) return false;
    const size = Buffer.byteLength(line);
    if (this.#queued + size > this.#maxQueued) {
      this.#dropped++;
      return false;
    }
    this.#lines.push(line);
    this.#queued += size;
    return true;
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#isWriting) this.#next();
  }

  #next(): void {
    const lines = this.#take();
    this.#isWriting = lines.length > 0;
    if (!this.#isWriting) {
      for (const call of this.#onIdle.splice(0)) call();
      return;
    }
    const text = lines.join('');
    const written = (error?: unknown): void => this.#written(lines.length, text, error);
    try {
      this.#destination.write(text, written);
    } catch (error) {
      written(error);
    }
  }

  /** The next lines that fit into one write, or a single longer one. */
  #take(): string[] {
    let count = 0;
    let size = 0;
    for (const line of this.#lines) {
      size += Buffer.byteLength(line);
      if (count > 0 && size > MAX_WRITE_BYTES) break;
      count++;
    }
    return this.#lines.splice(0, count);
  }

  #written(count: number, text: string, error: unknown): void {
    this.#queued -= Buffer.byteLength(text);
    if (error !== null && error !== undefined) this.#failed(count, error);
    else {
      this.#hasFailed = false;
      if (this.#dropped > 0) this.#reportDropped();
    }
    this.#next();
  }

  #failed(count: number, error: unknown): void {
    this.#dropped += count;
    if (isFinal(error)) {
      this.#isClosed = true;
      this.#lines = [];
    }
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#reports.failed?.(error);
  }

  #reportDropped(): void {
    const now = performance.now();
    if (now - this.#reportedAt < REPORT_EVERY_MS) return;
    this.#reportedAt = now;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#reports.dropped(dropped);
  }
}

/** Unlike a full disk, a reader that has gone does not come back. */
function isFinal(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return (
    code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || code === 'ERR_STREAM_WRITE_AFTER_END'
  );
}
