import type { Taker } from '../sockets/read-into.ts';

/** A connection of a client, of any version of HTTP. */
export interface Client extends Taker {
  /** Whether it waits for a request. */
  readonly isIdle: boolean;
  /** By the clock, when it is closed if it is idle till then. */
  readonly deadline: number;
  /** The client's IP address. */
  readonly address: string;
  /** Bytes that are held for the client: on their way to it or to an upstream, or waiting for their turn. */
  readonly heldBytes: number;
  /** Closes an idle connection, because others need its descriptor. */
  evict(): void;
  /** Breaks off what is under way, so that the client sees that its responses are not complete. */
  cut(): void;
  /** Ends what takes too long. @param now by the clock */
  check(now: number): void;
  /** The proxy closes: no further request is served, and the connection is closed once nothing is being answered. */
  leave(): void;
  /** The socket has written all that it was given. */
  onDrain(): void;
  /** The client sends no more. */
  onEnd(): void;
  /** The connection has closed. */
  onClose(): void;
}
