import type { Context } from '../context.ts';
import { ERROR, Http2Error } from '../http2/frames.ts';
import type { Http2Stream } from './http2-stream.ts';

/** Streams that were reset while the client was sending: what was on its way is ignored. */
const MAX_REMEMBERED = 1000;

/** The streams of one connection. */
export class Http2Streams implements Iterable<Http2Stream> {
  /** The highest id of a stream that was opened. */
  lastId = 0;
  readonly #context: Context;
  readonly #open = new Map<number, Http2Stream>();
  readonly #resetIds = new Set<number>();

  constructor(context: Context) {
    this.#context = context;
  }

  get size(): number {
    return this.#open.size;
  }

  get(id: number): Http2Stream | undefined {
    return this.#open.get(id);
  }

  add(stream: Http2Stream): void {
    this.#open.set(stream.id, stream);
    this.#context.http2Streams.open++;
  }

  delete(stream: Http2Stream): void {
    if (this.#open.delete(stream.id)) this.#context.http2Streams.open--;
  }

  /** Notes that what the client still sends on a stream is not read. */
  noteReset(id: number): void {
    this.#resetIds.add(id);
    if (this.#resetIds.size <= MAX_REMEMBERED) return;
    const [oldest = 0] = this.#resetIds;
    this.#resetIds.delete(oldest);
  }

  /** The client has ended a stream that is not open any more. */
  noteEnd(id: number): void {
    this.#resetIds.delete(id);
  }

  /**
   * Checks that a frame on a stream that is not open may still be on its way (RFC 9113 §5.1).
   * @throws Http2Error if the stream has not begun, or was ended by the client
   */
  checkWasReset(id: number): void {
    if (!this.#resetIds.has(id)) throw this.notOpen(id);
  }

  notOpen(id: number): Http2Error {
    const isClosed = id === this.lastId;
    const code = isClosed ? ERROR.streamClosed : ERROR.protocol;
    return new Http2Error(code, `stream ${id} is ${isClosed ? 'closed' : 'not open'}`);
  }

  [Symbol.iterator](): Iterator<Http2Stream> {
    return this.#open.values();
  }
}
