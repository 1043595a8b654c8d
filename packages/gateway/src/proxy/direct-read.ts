import { Socket } from 'node:net';
import type { OnReadOpts, SocketConstructorOpts } from 'node:net';
import { JOIN_BYTES } from './body-writer.ts';

/** Takes bytes that are overwritten by the next read: what is to outlive the call has to be copied. */
export type TakeBytes = (bytes: Buffer) => void;

/**
 * What the system reads into, for all sockets: each read is looked at before the next is made.
 *
 * By its usual way a socket allocates 64 KiB for each read, passes what came through a stream, and emits an
 * event. That costs 2 of 20 µs a request on the side of clients, and as much on that of instances.
 */
const BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** The option of a socket that has bytes handed to a function. */
export function readingInto(take: TakeBytes): OnReadOpts {
  return {
    buffer: BUFFER,
    callback: (size) => {
      const bytes = BUFFER.subarray(0, size);
      // What is small becomes text at once. What is large passes on by reference, and needs a place of its own.
      take(size <= JOIN_BYTES ? bytes : Buffer.from(bytes));
      return true;
    },
  };
}

/** A client's socket whose bytes are handed to a function. */
export class DirectSocket extends Socket {
  onBytes: TakeBytes = () => {};

  constructor(handle: object) {
    const onread = readingInto((bytes) => this.onBytes(bytes));
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
