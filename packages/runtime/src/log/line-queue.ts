/** What a {@link LineQueue} needs of a stream, such as process.stdout. */
export interface LineDestination {
  readonly isTTY?: boolean | undefined;
  hasColors?(): boolean;
  write(text: string, done: (error?: Error | null) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** About a thousand lines. */
const MAX_QUEUED = 256 * 1024;

/**
 * Writes lines to a stream, one at a time, and never waits for its reader. While the reader stalls, lines are kept up to
 * a limit; further lines are dropped and counted. Once nothing reads the stream any more, all lines are dropped.
 *
 * One line at a time, because two processes may share a pipe: one write of up to PIPE_BUF bytes is not torn, whereas
 * the stream would join all that it has queued. `pino.destination()` is not used: with a stalled reader it leaves a
 * thread in `write(2)`, and `process.exit()` then waits for that thread for ever.
 */
export class LineQueue {
  readonly #destination: LineDestination;
  readonly #onDropped: (lines: number) => void;
  readonly #maxQueued: number;
  readonly #onIdle: (() => void)[] = [];
  #lines: string[] = [];
  #queued = 0;
  #dropped = 0;
  #isWriting = false;
  #isClosed = false;

  /** @param onDropped called once lines can be written again; may write one that says so */
  constructor(
    destination: LineDestination,
    onDropped: (lines: number) => void,
    maxQueued: number = MAX_QUEUED,
  ) {
    this.#destination = destination;
    this.#onDropped = onDropped;
    this.#maxQueued = maxQueued;
    // Each failed write reports itself to its callback also.
    destination.on('error', () => {});
  }

  /** @param line with its line feed */
  write(line: string): void {
    if (this.#isClosed) return;
    if (this.#queued + line.length > this.#maxQueued) {
      this.#dropped++;
      return;
    }
    this.#lines.push(line);
    this.#queued += line.length;
    if (!this.#isWriting) this.#next();
  }

  /** Resolves when every line is written, or cannot be, or after that many milliseconds. */
  async flush(withinMs: number): Promise<void> {
    if (!this.#isWriting) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#onIdle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #next(): void {
    const line = this.#lines.shift();
    this.#isWriting = line !== undefined;
    if (line === undefined) {
      for (const call of this.#onIdle.splice(0)) call();
      return;
    }
    try {
      this.#destination.write(line, (error) => this.#written(line, error));
    } catch (error) {
      this.#written(line, error);
    }
  }

  #written(line: string, error: unknown): void {
    this.#queued -= line.length;
    if (error !== null && error !== undefined) this.#failed(error);
    else if (this.#dropped > 0) this.#reportDropped();
    this.#next();
  }

  #failed(error: unknown): void {
    this.#dropped++;
    if (!isFinal(error)) return;
    this.#isClosed = true;
    this.#lines = [];
  }

  #reportDropped(): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#onDropped(dropped);
  }
}

/** Unlike a full disk, a reader that has gone does not come back. */
function isFinal(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return (
    code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || code === 'ERR_STREAM_WRITE_AFTER_END'
  );
}
