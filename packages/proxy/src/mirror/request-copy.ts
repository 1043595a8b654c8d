import { sizeOf } from '../message.ts';
import type { Mirror, MirrorDrop } from '../proxy.ts';
import type { CopiedHead } from './mirrored-request.ts';

/** What a copy needs of all copies together. */
export interface CopyOwner {
  /** Takes memory for a body. @returns false if there is none left */
  reserve(bytes: number): boolean;
  free(bytes: number): void;
  /** Sends a copy whose body is complete. @param heldBytes freed when it is over */
  send(mirror: Mirror, copied: CopiedHead, body: Buffer, heldBytes: number): void;
}

/**
 * The copy of a request while its client is still sending it. The body is gathered in one buffer, because the
 * parts are overwritten by later reads, and a client may send it byte by byte.
 */
export class RequestCopy {
  readonly #mirror: Mirror;
  readonly #owner: CopyOwner;
  readonly #copied: CopiedHead;
  #body = EMPTY;
  #length = 0;
  /** Whether it was sent or dropped. */
  #isOver = false;

  constructor(mirror: Mirror, owner: CopyOwner, copied: CopiedHead) {
    this.#mirror = mirror;
    this.#owner = owner;
    this.#copied = copied;
  }

  /** Copies more of the body. */
  add(parts: readonly Buffer[]): void {
    if (this.#isOver) return;
    const size = this.#length + sizeOf(parts);
    if (size > this.#mirror.maxBodyBytes) return this.#drop('body-size');
    if (size > this.#body.length && !this.#grow(size)) return this.#drop('held-bytes');
    for (const part of parts) this.#length += part.copy(this.#body, this.#length);
  }

  /** The request was sent to its end: its copy follows. */
  send(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const body = this.#body.subarray(0, this.#length);
    this.#owner.send(this.#mirror, this.#copied, body, this.#body.length);
  }

  /** The request is over. */
  end(): void {
    if (!this.#isOver) this.#drop('incomplete');
  }

  /** @returns false if there is no memory for so much */
  #grow(size: number): boolean {
    const { length: announced } = this.#copied.head;
    const most = announced >= 0 ? announced : this.#mirror.maxBodyBytes;
    const length = Math.max(size, Math.min(2 * this.#body.length, most));
    if (!this.#owner.reserve(length - this.#body.length)) return false;
    const body = Buffer.allocUnsafeSlow(length);
    this.#body.copy(body);
    this.#body = body;
    return true;
  }

  #drop(reason: MirrorDrop): void {
    this.#isOver = true;
    this.#owner.free(this.#body.length);
    this.#body = EMPTY;
    this.#mirror.onDropped(reason);
  }
}

const EMPTY = Buffer.alloc(0);
