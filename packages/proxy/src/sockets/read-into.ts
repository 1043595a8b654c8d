import type { OnReadOpts } from 'node:net';
import { BufferPool } from './buffer-pool.ts';
import { JOIN_BYTES } from './write-message.ts';

/**
 * What bytes were: `over` if no more of a body follows them, `left` if no more does but they may still be held by
 * reference, `passed` if more does and they may be overwritten, `held` if more does and they are still held by reference,
 * `paused` if in addition no more is read for now.
 */
export type Taken = 'over' | 'left' | 'passed' | 'held' | 'paused';

/** @param goesOn whether more of a body follows @param isPaused whether no more is read for now */
export function takenAs(goesOn: boolean, isHeld: boolean, isPaused: boolean): Taken {
  if (!isHeld) return goesOn ? 'passed' : 'over';
  if (!goesOn) return 'left';
  return isPaused ? 'paused' : 'held';
}

/** Gets the bytes of a socket. */
export interface Taker {
  /**
   * Up to JOIN_BYTES they are overwritten in any case, so that what is to outlive the call has to be copied, and what it
   * returns does not matter. More are overwritten unless it says that they are held.
   */
  take(bytes: Buffer): Taken;
}

const READ_BYTES = 64 * 1024;
/**
 * For the large body of a client. Upstreams mostly take 32 KiB at once and 64 KiB not; then each part waits in a buffer of
 * its own, and uploads of 1 MiB take twice nginx's CPU time instead of 1.1 to 1.3 times. Downloads gain nothing by it.
 */
const CLIENT_READ_BYTES = 32 * 1024;
/** Parts of a body up to this size are copied: one that is held would keep a buffer of several times the bytes that count. */
const COPY_BYTES = 16 * 1024;

/** A buffer that many sockets read into, because each read is used before the next one. */
export class SharedBuffer {
  readonly bytes: Buffer;
  /** Its first bytes, by how many they are. To make such a view takes 0.1 µs; all of them take 400 KB. */
  readonly #views: (Buffer | undefined)[] = Array.from({ length: JOIN_BYTES + 1 });

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  first(size: number): Buffer {
    if (size > JOIN_BYTES) return this.bytes.subarray(0, size);
    return (this.#views[size] ??= this.bytes.subarray(0, size));
  }
}

/** What a kind of sockets reads into. */
export interface ReadBuffers {
  /** For small reads. */
  readonly shared: SharedBuffer;
  /** The size of the buffer for each read of a large body. */
  readonly largeBytes: number;
}

/**
 * Without a shared buffer a socket allocates 64 KiB for each read, passes the bytes through a stream, and emits an event: on
 * the side of clients that costs 2 of 19 µs a request.
 */
const BYTES = Buffer.allocUnsafeSlow(READ_BYTES);
const POOL = new BufferPool();
export const FROM_UPSTREAMS: ReadBuffers = {
  shared: new SharedBuffer(BYTES),
  largeBytes: READ_BYTES,
};
export const FROM_CLIENTS: ReadBuffers = {
  // What one read brings is all that a client can have buffered by sending requests ahead.
  shared: new SharedBuffer(BYTES.subarray(0, 16 * 1024)),
  largeBytes: CLIENT_READ_BYTES,
};

/** Reads a socket past its stream, and passes the bytes to what takes them. */
export class SocketReader {
  taker: Taker | undefined;
  readonly #buffers: ReadBuffers;
  /** What the next read goes to. */
  #next: Buffer;

  constructor(buffers: ReadBuffers, taker?: Taker) {
    this.#buffers = buffers;
    this.taker = taker;
    this.#next = buffers.shared.bytes;
  }

  /** Returns the option by which a socket is read so. */
  onread(): OnReadOpts {
    return {
      buffer: () => this.#next,
      callback: (size) => {
        this.#read(size);
        return true;
      },
    };
  }

  #read(size: number): void {
    const { shared, largeBytes } = this.#buffers;
    const into = this.#next;
    const isShared = into === shared.bytes;
    const bytes = isShared ? shared.first(size) : into.subarray(0, size);
    if (size <= JOIN_BYTES) {
      this.#pass(bytes);
      if (!isShared) this.#giveBack(into);
      return;
    }
    const isCopied = isShared || size <= COPY_BYTES;
    const used = isCopied ? POOL.take(size) : into;
    const taken = this.#pass(isCopied ? copied(bytes, used) : bytes);
    const isHeld = taken !== 'over' && taken !== 'passed';
    const goesOn = taken === 'passed' || taken === 'held';
    if (isCopied && !isHeld) POOL.give(used);
    if (goesOn && (isShared || (isHeld && !isCopied))) {
      // A large body has begun, or waits for a slower receiver by reference: the next read needs another buffer.
      this.#next = POOL.take(largeBytes);
    } else if (!goesOn && !isShared) {
      // A connection keeps no buffer of its own when its body is over or comes in small parts, nor while it is paused.
      if (isCopied || !isHeld) this.#giveBack(into);
      else this.#next = shared.bytes;
    }
  }

  #pass(bytes: Buffer): Taken {
    return this.taker?.take(bytes) ?? 'over';
  }

  #giveBack(buffer: Buffer): void {
    POOL.give(buffer);
    this.#next = this.#buffers.shared.bytes;
  }
}

function copied(bytes: Buffer, into: Buffer): Buffer {
  bytes.copy(into);
  return into.subarray(0, bytes.length);
}
