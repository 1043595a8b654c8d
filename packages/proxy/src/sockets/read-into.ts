import { Socket } from 'node:net';
import type { OnReadOpts } from 'node:net';
import { optionsWith, takeHandle } from '../node-internals.ts';
import { JOIN_BYTES } from './write-message.ts';

/**
 * What bytes were: `over` if no more of a body follows them, `passed` if more does and the next read may overwrite them,
 * `held` if more does and they are still held by reference, `paused` if in addition no more is read for now.
 */
export type Taken = 'over' | 'passed' | 'held' | 'paused';

/** Takes bytes. Up to JOIN_BYTES they are overwritten in any case, so that what is to outlive the call has to be copied. */
export type TakeBytes = (bytes: Buffer) => Taken;

const READ_BYTES = 64 * 1024;
/**
 * For the large body of a client. Upstreams mostly take 32 KiB at once and 64 KiB not; then each part waits in a buffer of
 * its own, and uploads of 1 MiB take twice nginx's CPU time instead of 1.1 to 1.3 times. Downloads gain nothing by it.
 */
const CLIENT_READ_BYTES = 32 * 1024;
/** Parts of a body up to this size are copied: one that is held would keep a buffer of several times the bytes that count. */
const COPY_BYTES = 16 * 1024;

/**
 * The buffer that the system reads into, shared by all sockets that read little at a time: each read is used before the
 * next one.
 *
 * Without it a socket allocates 64 KiB for each read, passes the bytes through a stream, and emits an event: on the side
 * of clients that costs 2 of 19 µs a request.
 */
const SHARED = Buffer.allocUnsafeSlow(READ_BYTES);
/** For clients: what one read brings is all that a client can have buffered by sending requests ahead. */
const CLIENT_SHARED = SHARED.subarray(0, 16 * 1024);

/**
 * Returns the option of a socket that passes its bytes to a function.
 * @param shared what small reads go to
 * @param bytes the size of the buffer for each read of a large body
 */
export function readingInto(
  take: TakeBytes,
  shared: Buffer = SHARED,
  bytes: number = READ_BYTES,
): OnReadOpts {
  let buffer = shared;
  // The last view is used again if the next read is as long, as it often is: to make one takes 0.1 µs.
  let viewed: Uint8Array = shared;
  let view: Buffer = shared;
  return {
    buffer: () => buffer,
    callback: (size, into) => {
      if (into !== viewed || size !== view.length) view = into.subarray(0, size) as Buffer;
      viewed = into;
      const isSmall = size <= JOIN_BYTES;
      const isCopied = !isSmall && (into === shared || size <= COPY_BYTES);
      const taken = take(isCopied ? Buffer.from(view) : view);
      if (isSmall || taken === 'over' || taken === 'paused') {
        // A connection keeps no buffer of its own when its body is over or comes in small parts, nor while it is paused.
        buffer = shared;
        if (into !== shared) viewed = view = shared;
      } else if (into === shared || (taken === 'held' && !isCopied)) {
        // A large body has begun, or waits for a slower receiver by reference: the next read needs another buffer.
        buffer = Buffer.allocUnsafeSlow(bytes);
      }
      return true;
    },
  };
}

/** A client's socket that passes its bytes to a function. */
export class DirectSocket extends Socket {
  onBytes: TakeBytes = () => 'over';

  constructor(handle: object) {
    super(
      optionsWith(
        handle,
        readingInto((bytes) => this.onBytes(bytes), CLIENT_SHARED, CLIENT_READ_BYTES),
      ),
    );
  }
}

/** Takes over an accepted socket that is paused and was not read from, so that it is read without a stream. */
export function direct(accepted: Socket): Socket {
  const handle = takeHandle(accepted);
  return handle === undefined ? accepted.resume() : new DirectSocket(handle);
}
