import type { Connection } from '../connection.ts';

/** It is verified at every so many pings. */
const PINGS_TO_VERIFY = 5;

/**
 * A connection to what others say is the right server, for as long as they do. A server that is cut off from the others is
 * replaced without its knowledge: it goes on answering, and the other nodes are at its successor.
 */
export class VerifiedConnection implements Connection {
  readonly maxBytes: number;
  readonly server: string;
  readonly #connection: Connection;
  readonly #verify: (signal: AbortSignal) => Promise<void>;
  readonly #ending = new AbortController();
  #pings = 0;

  /** @param verify rejects with the reason why the connection is of no use. It takes less than a second */
  constructor(connection: Connection, verify: (signal: AbortSignal) => Promise<void>) {
    this.maxBytes = connection.maxBytes;
    this.server = connection.server;
    this.#connection = connection;
    this.#verify = verify;
  }

  publish(subject: string, message: string): Promise<unknown> {
    return this.#connection.publish(subject, message);
  }

  subscribe(subjects: readonly string[]): Promise<unknown> {
    return this.#connection.subscribe(subjects);
  }

  unsubscribe(subject: string): Promise<unknown> {
    return this.#connection.unsubscribe(subject);
  }

  ping(): Promise<unknown> {
    this.#pings += 1;
    const isToVerify = this.#pings % PINGS_TO_VERIFY === 0;
    return Promise.all([this.#connection.ping(), isToVerify && this.#verify(this.#ending.signal)]);
  }

  destroy(): Promise<void> {
    this.#ending.abort(new Error('closed'));
    return this.#connection.destroy();
  }
}
