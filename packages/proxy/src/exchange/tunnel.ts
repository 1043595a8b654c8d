import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { closeFrame, FrameTracker } from '../http1/websocket-frames.ts';
import type { ClientConnection } from '../downstream/client-connection.ts';
import type { Receiver, UpstreamConnection } from '../upstream/upstream-connection.ts';

/** What a client's connection makes of its end of a tunnel. */
export interface TunnelEnd extends Receiver {
  /** The gateway closes: both sides are told, as soon as they can be. */
  leave(): void;
}

/**
 * Joins a client and an instance that have agreed on WebSocket: bytes pass both ways, each side as fast as the
 * other takes them, and an end passes as an end.
 *
 * @param rest what the instance has sent behind its 101
 */
export function openTunnel(
  client: ClientConnection,
  instance: UpstreamConnection,
  rest: Buffer,
): void {
  // What finds a peer that is gone without a word: neither side need ever say anything.
  client.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  instance.socket.setKeepAlive(true, KEEP_ALIVE_MS);
  const { record: account } = client.current;
  const up = new Way(client.socket, instance.socket, () => closeFrame(randomBytes(4)));
  const down = new Way(instance.socket, client.socket, () => closeFrame());
  const fromInstance: Receiver = {
    onData(bytes) {
      account?.delivered([bytes]);
      down.pass(bytes);
    },
    onEnd: () => client.socket.end(),
    onDrain: () => client.socket.resume(),
  };
  instance.tunnel(fromInstance);
  client.tunnel({
    onData(bytes) {
      account?.received([bytes]);
      up.pass(bytes);
    },
    onEnd: () => instance.socket.end(),
    onDrain: () => instance.socket.resume(),
    leave() {
      up.leave();
      down.leave();
    },
  });
  client.socket.once('close', () => instance.destroy());
  instance.socket.once('close', () => client.tunnelClosed());
  if (rest.length > 0) fromInstance.onData(rest);
}

const KEEP_ALIVE_MS = 60_000;

/** One direction of a tunnel. */
class Way {
  readonly #from: Duplex;
  readonly #to: Duplex;
  readonly #closeFrame: () => Buffer;
  readonly #frames = new FrameTracker();
  #isLeaving = false;
  /** We have said Close: nothing may follow it. */
  #isClosed = false;

  constructor(from: Duplex, to: Duplex, ourClose: () => Buffer) {
    this.#from = from;
    this.#to = to;
    this.#closeFrame = ourClose;
  }

  pass(bytes: Buffer): void {
    this.#frames.advance(bytes);
    if (!this.#isClosed && !this.#to.write(bytes)) this.#from.pause();
    if (this.#isLeaving) this.#close();
  }

  leave(): void {
    this.#isLeaving = true;
    this.#close();
  }

  /** As soon as a frame of ours may stand there. The instance answers it and ends, and its end passes on. */
  #close(): void {
    if (this.#isClosed || this.#frames.hasClosed || !this.#frames.isBetween) return;
    this.#isClosed = true;
    if (this.#to.writable) this.#to.write(this.#closeFrame());
  }
}
