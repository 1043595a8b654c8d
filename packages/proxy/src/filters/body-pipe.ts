import { JOIN_BYTES } from '../sockets/write-message.ts';
import type { BodyTransform } from './filter.ts';

/** What a body pipe calls. */
export interface BodyPipeHandler {
  /** More of the body came out. @returns false to be given no more until `resume` */
  onOutput(bytes: Buffer): boolean;
  /** All of the body came out. */
  onOutputEnd(): void;
  /** A transform failed. Nothing more comes. */
  onOutputError(error: Error): void;
  /** It takes more, after `write` has returned false. */
  onInputDrain(): void;
}

/** A body on its way through transforms, each as fast as the next one takes it. */
export class BodyPipe {
  readonly #transforms: readonly BodyTransform[];
  readonly #first: BodyTransform;
  readonly #last: BodyTransform;
  readonly #handler: BodyPipeHandler;
  #isOver = false;

  /** @param transforms at least one, in the order that the body passes them */
  constructor(transforms: readonly [BodyTransform, ...BodyTransform[]], handler: BodyPipeHandler) {
    this.#transforms = transforms;
    this.#handler = handler;
    [this.#first] = transforms;
    this.#last = transforms.at(-1) ?? this.#first;
    for (const [index, each] of transforms.entries()) {
      catchThrown(each);
      each.on('error', (error) => this.#fail(error));
      const next = transforms[index + 1];
      if (next !== undefined) each.pipe(next);
    }
    this.#first.on('drain', () => handler.onInputDrain());
    this.#last.on('data', (bytes: Buffer) => {
      if (!this.#isOver && !handler.onOutput(bytes)) this.#last.pause();
    });
    this.#last.on('end', () => this.#end());
    this.#last.on('close', () => this.#fail(new Error('closed before its end')));
  }

  /** Bytes that wait in the transforms. */
  get heldBytes(): number {
    let bytes = 0;
    for (const each of this.#transforms) bytes += each.writableLength + each.readableLength;
    return bytes;
  }

  /** @returns false if it should be given time to take them: `onInputDrain` follows */
  write(parts: readonly Buffer[]): boolean {
    let flows = true;
    // What is small shares its place with the next read.
    for (const part of parts)
      flows = this.#first.write(part.length <= JOIN_BYTES ? Buffer.from(part) : part);
    return flows;
  }

  end(): void {
    this.#first.end();
  }

  resume(): void {
    this.#last.resume();
  }

  /** The output is not wanted any more. */
  destroy(): void {
    this.#isOver = true;
    for (const each of this.#transforms) each.destroy();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handler.onOutputEnd();
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.destroy();
    this.#handler.onOutputError(error);
  }
}

/** Node turns what `_read` and `_final` throw into an error of the stream, but not what `_write` throws. */
function catchThrown(transform: BodyTransform): void {
  // oxlint-disable-next-line no-underscore-dangle -- how Node names what a stream implements
  const write = transform._write.bind(transform);
  // oxlint-disable-next-line no-underscore-dangle
  transform._write = (chunk, encoding, callback) => {
    try {
      write(chunk, encoding, callback);
    } catch (error) {
      transform.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  };
}
