import { Duplex } from 'node:stream';
import { clientFrame } from './client-frame.ts';

/** A connection whose client says what the test says, and reads unless the test says otherwise. */
export class FakeSocket extends Duplex {
  readonly #reads: boolean;
  readonly written: Buffer[] = [];

  constructor(reads = true) {
    super();
    this.#reads = reads;
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.written.push(bytes);
    if (this.#reads) done();
  }

  say(first: number, payload: readonly number[] | Uint8Array | string = ''): void {
    this.emit('data', clientFrame(first, payload));
  }

  /** The code of the Close frame that was written, if one was. Not for bytes beyond ASCII before it. */
  get closeCode(): number | undefined {
    const bytes = Buffer.concat(this.written);
    const at = bytes.indexOf(0x88);
    return at === -1 ? undefined : bytes.readUInt16BE(at + 2);
  }
}
