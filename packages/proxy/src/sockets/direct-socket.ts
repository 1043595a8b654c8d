import { Socket } from 'node:net';
import { optionsWith, pendingBytes } from '../node-internals.ts';
import { FROM_CLIENTS, SocketReader } from './read-into.ts';
import type { Taker } from './read-into.ts';

/** A client's socket that is read past its stream. */
export class DirectSocket extends Socket {
  /** The port that the client has connected to. To ask the system for it takes 3 µs. */
  readonly port: number;
  readonly #reader: SocketReader;

  /** @param handle was accepted by a server that listens on `port` */
  constructor(handle: object, port: number) {
    const reader = new SocketReader(FROM_CLIENTS);
    super(optionsWith(handle, reader.onread()));
    this.#reader = reader;
    this.port = port;
  }

  /** Has its bytes go there from now on. */
  readBy(taker: Taker): void {
    this.#reader.taker = taker;
  }

  override destroySoon(): void {
    // With nothing to be written, closing the descriptor is the FIN that a shutdown before it would be.
    if (pendingBytes(this) === 0) this.destroy();
    else super.destroySoon();
  }
}
