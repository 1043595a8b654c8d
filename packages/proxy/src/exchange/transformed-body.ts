import { BodyPipe } from '../filters/body-pipe.ts';
import type { BodyPipeHandler } from '../filters/body-pipe.ts';
import type { BodyTransform } from '../filters/filter.ts';
import { DONE, MORE, NO_PARTS } from '../message.ts';
import type { BodyEnd } from '../message.ts';
import type { ClientStream } from './client-stream.ts';
import type { RequestRecord } from './request-record.ts';

/** What a transformed body calls: the exchange. */
export interface TransformedBodyHandler {
  /** More of the body is with the client stream. */
  onTransformed(): void;
  /** All of it is. */
  onTransformedEnd(): void;
  /** A transform failed: the body ends here. */
  onTransformError(error: Error): void;
  /** The transforms take more, after `write` has returned false. */
  onTransformDrain(): void;
}

/** The body of a response on its way through the transforms of its route to the client stream. */
export class TransformedBody implements BodyPipeHandler {
  readonly #pipe: BodyPipe;
  readonly #stream: ClientStream;
  readonly #record: RequestRecord | undefined;
  readonly #handler: TransformedBodyHandler;
  #end = DONE;

  constructor(
    transforms: readonly [BodyTransform, ...BodyTransform[]],
    stream: ClientStream,
    record: RequestRecord | undefined,
    handler: TransformedBodyHandler,
  ) {
    this.#pipe = new BodyPipe(transforms, this);
    this.#stream = stream;
    this.#record = record;
    this.#handler = handler;
  }

  get heldBytes(): number {
    return this.#pipe.heldBytes;
  }

  /** @returns false if the upstream should be paused: `onTransformDrain` follows */
  write(parts: readonly Buffer[], end: BodyEnd): boolean {
    this.#record?.transformed(parts);
    const flows = this.#pipe.write(parts);
    this.#end = end;
    if (end.done) this.#pipe.end();
    return flows;
  }

  clientDrained(): void {
    this.#pipe.resume();
  }

  destroy(): void {
    this.#pipe.destroy();
  }

  onOutput(bytes: Buffer): boolean {
    this.#record?.delivered([bytes]);
    const flows = this.#stream.write([bytes], MORE);
    this.#handler.onTransformed();
    return flows;
  }

  onOutputEnd(): void {
    this.#stream.write(NO_PARTS, this.#end);
    this.#handler.onTransformedEnd();
  }

  onOutputError(error: Error): void {
    this.#handler.onTransformError(error);
  }

  onInputDrain(): void {
    this.#handler.onTransformDrain();
  }
}
