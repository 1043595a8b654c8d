import { Duplex } from 'node:stream';

/** A client's connection without a network, so that every piece written is read as one. */
export class MemorySocket extends Duplex {
  readonly remoteAddress = '127.0.0.1';
  readonly localPort = 1500;
  /** What the client was sent, as Latin-1. */
  heard = '';
  readonly #waiting = new Set<() => void>();

  readonly #takesAfterMs: number;

  /** @param takesAfterMs how long it leaves what it is sent where it is; Infinity for ever */
  constructor(takesAfterMs: number = 0) {
    super({ decodeStrings: false });
    this.#takesAfterMs = takesAfterMs;
    this.on('error', () => {});
    this.on('close', () => this.#wake());
    // A client ends its side when the response has ended.
    this.on('finish', () => this.push(null));
  }

  override _read(): void {}

  override _write(bytes: Uint8Array | string, encoding: BufferEncoding, done: () => void): void {
    const buffer = typeof bytes === 'string' ? Buffer.from(bytes, encoding) : Buffer.from(bytes);
    const take = (): void => {
      this.heard += buffer.toString('latin1');
      done();
      this.#wake();
    };
    if (this.#takesAfterMs === 0) take();
    else if (this.#takesAfterMs !== Infinity) setTimeout(take, this.#takesAfterMs);
  }

  say(bytes: string): void {
    if (!this.destroyed) this.push(Buffer.from(bytes, 'latin1'));
  }

  /** The statuses of the answers, once so many have come or no more can come. */
  async statuses(count: number): Promise<number[]> {
    const all = (): number[] =>
      [...this.heard.matchAll(/HTTP\/1\.1 ([0-9]{3})[^]*?\r\n\r\n/g)].map(([, status]) =>
        Number(status),
      );
    while (all().length < count && !this.destroyed && !this.writableFinished) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    return all();
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  setKeepAlive(): this {
    return this;
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
