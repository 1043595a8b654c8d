import type { BodyEnd, ResponseHead } from '../message.ts';
import type { Problem } from '../problems.ts';

/**
 * One request of a client and the way of its response back: what an exchange writes to. It hides the version of
 * HTTP: framing, whether the connection goes on afterwards, and how a response is broken off.
 *
 * The exchange calls `sendInformational` any number of times, then either `sendUpgrade` or `sendHead`, then `write`
 * until the body is done, and at last `finish`; or, at any point, `reset`. `reset` and `finish` are called once, and
 * nothing after them.
 */
export interface ClientStream {
  /**
   * Sends a 1xx, or drops it where the client's version of HTTP has none.
   * @returns false if the client should be given time to take it: `onClientDrain` follows
   */
  sendInformational(head: ResponseHead): boolean;
  /**
   * Turns the stream into a tunnel: from here on bytes pass as they are, by `onRequestData` and `write`, and each
   * direction ends by itself. HTTP/1.1 sends the head, a 101; extended CONNECT (RFC 8441) a 200.
   */
  sendUpgrade(head: ResponseHead): void;
  /**
   * Sends the head with what there is of the body. A body without a known length is framed as the version has it.
   * @param requestId sent as X-Request-Id if the head has none
   * @returns as `sendInformational`
   */
  sendHead(head: ResponseHead, requestId: string, parts: readonly Buffer[], end: BodyEnd): boolean;
  /**
   * Sends more of the body, or of the tunnel.
   * @returns as `sendInformational`
   */
  write(parts: readonly Buffer[], end: BodyEnd): boolean;
  /** Whether bytes that were handed to it are still to be written. */
  readonly hasPendingWrites: boolean;
  /** Breaks the response off so that the client sees that it is not complete. */
  reset(): void;
  /** The exchange needs the stream no more. The client may send its next request. */
  finish(): void;
  /** Reads no more of the request's body, or of the tunnel, for now. A second call has no effect. */
  pause(): void;
  resume(): void;
}

/** What a client stream calls: the exchange. */
export interface ClientStreamHandler {
  /** More of the request's body, or of the tunnel. The parts are valid as long as `holdsRequest` says so. */
  onRequestData(parts: readonly Buffer[], end: BodyEnd): void;
  /** Whether bytes of the request are still to be written, or may have to be again: if not, the next read overwrites them. */
  holdsRequest(): boolean;
  /** The request turned out malformed while its body was read. Nothing more of it comes. */
  onRequestError(problem: Problem): void;
  /** The client takes more of the response. */
  onClientDrain(): void;
  /** The client has gone. */
  onClientClose(): void;
}
