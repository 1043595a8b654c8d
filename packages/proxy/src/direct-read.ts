import { Socket } from 'node:net';
import type { OnReadOpts, SocketConstructorOpts } from 'node:net';
import { JOIN_BYTES } from './http1/body-writer.ts';

/**
 * Takes bytes, and tells whether somebody still holds them: if not, the next read overwrites them. Up to
 * JOIN_BYTES they are overwritten in any case, so that what is to outlive the call has to be copied.
 */
export type TakeBytes = (bytes: Buffer) => boolean;

const READ_BYTES = 64 * 1024;
/**
 * Of a client's large body. Instances mostly take 32 KiB at once, and 64 KiB not: then each piece waits in a place of its
 * own, and uploads of 1 MiB take twice nginx's CPU time in place of 1.1 to 1.3 times. Downloads gain nothing by it.
 */
const CLIENT_READ_BYTES = 32 * 1024;

/**
 * What the system reads into, for all sockets that read little at a time: each read is looked at before the
 * next is made.
 *
 * By its usual way a socket allocates 64 KiB for each read, passes what came through a stream, and emits an
 * event: on the side of clients that costs 2 of 19 µs a request.
 */
const SHARED = Buffer.allocUnsafeSlow(READ_BYTES);

/**
 * The option of a socket that has bytes handed to a function.
 * @param bytes at most, of each read of a large body
 */
export function readingInto(take: TakeBytes, bytes: number = READ_BYTES): OnReadOpts {
  let buffer = SHARED;
  // The last view is the next one too if it is as long, as it often is: to make one takes 0.1 µs.
  let viewed: Uint8Array = SHARED;
  let view: Buffer = SHARED;
  return {
    buffer: () => buffer,
    callback: (size, into) => {
      if (into !== viewed || size !== view.length) view = into.subarray(0, size) as Buffer;
      viewed = into;
      if (size <= JOIN_BYTES) {
        buffer = SHARED;
        take(view);
      } else if (into === SHARED) {
        // A large body has begun: from the next read on it has a place of its own.
        buffer = Buffer.allocUnsafeSlow(bytes);
        take(Buffer.from(view));
      } else if (take(view)) {
        // It is on its way to a receiver that is slower: passed on by reference, and read on elsewhere.
        buffer = Buffer.allocUnsafeSlow(bytes);
      }
      return true;
    },
  };
}

/** A client's socket whose bytes are handed to a function. */
export class DirectSocket extends Socket {
  onBytes: TakeBytes = () => false;

  constructor(handle: object) {
    const onread = readingInto((bytes) => this.onBytes(bytes), CLIENT_READ_BYTES);
    super({ handle, allowHalfOpen: true, onread } as SocketConstructorOpts);
  }
}

/** Not documented, and where handles have been since there are any. */
const HANDLE = '_handle';

/**
 * Takes over an accepted socket that is paused and was not read from. Node has `onread` for sockets that connect and
 * none for those that a server accepts, so the handle is moved to a socket that has it. If a version of Node
 * keeps its handles elsewhere, the socket stays as it is, and is read through its stream.
 */
export function direct(accepted: Socket): Socket {
  const inner = accepted as unknown as Record<typeof HANDLE, object | null | undefined>;
  const handle = inner[HANDLE];
  if (handle === undefined || handle === null) return accepted.resume();
  inner[HANDLE] = null;
  // The server counts it no more: whoever waits for connections to end has to count them.
  accepted.destroy();
  return new DirectSocket(handle);
}
