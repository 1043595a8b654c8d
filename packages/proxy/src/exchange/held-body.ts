import { MORE, NO_PARTS, sizeOf } from '../message.ts';
import type { BodyEnd } from '../message.ts';

/** Of a body that goes on: what is kept of it while the upstream may still refuse the request. */
const MAX_KEPT_BYTES = 64 * 1024;
/** What is read of a body before it can be sent: enough that a client that leaves meanwhile is noticed. */
const MAX_EARLY_BYTES = 64 * 1024;

/** What has come of the body of a request and may have to be sent, or sent again. */
export class HeldBody {
  parts: readonly Buffer[] = NO_PARTS;
  /** Of the whole body, as far as it has come. */
  end: BodyEnd = MORE;
  #isKept = true;

  /** Whether all that has come is kept, so that it can be sent again. */
  get isKept(): boolean {
    return this.#isKept;
  }

  get bytes(): number {
    return sizeOf(this.parts);
  }

  /** Holds more until it can be sent. @returns false if the client should wait */
  hold(parts: readonly Buffer[], end: BodyEnd): boolean {
    this.parts = this.parts.length === 0 ? parts : [...this.parts, ...parts];
    this.end = end;
    return end.done || this.bytes < MAX_EARLY_BYTES;
  }

  /** Keeps more that is being sent, if that is not too much. @param mayRefuse whether the upstream may refuse the request */
  keep(parts: readonly Buffer[], mayRefuse: boolean): void {
    if (!this.#isKept || !mayRefuse || this.bytes + sizeOf(parts) > MAX_KEPT_BYTES)
      return this.drop();
    this.parts = [...this.parts, ...parts];
  }

  /** What was sent of it cannot be sent again. */
  drop(): void {
    this.#isKept = false;
    this.parts = NO_PARTS;
  }
}
