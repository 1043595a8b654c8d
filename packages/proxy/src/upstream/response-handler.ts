import type { BodyEnd, ResponseHead } from '../message.ts';

/** What an upstream connection calls while it carries a request: the exchange. */
export interface ResponseHandler {
  /** Of the request: it decides whether a response has a body. */
  readonly method: string;
  /** The connection is open, and the request may be sent. */
  onConnected(): void;
  /** A 1xx, before the response. */
  onInformational(head: ResponseHead): void;
  /**
   * A 101. From here on the connection carries the bytes of a tunnel, which come by `onData`.
   * @param rest what came right behind the head
   */
  onUpgrade(head: ResponseHead, rest: Buffer): void;
  onHead(head: ResponseHead, parts: readonly Buffer[], end: BodyEnd): void;
  /** More of the body, or of the tunnel. The parts are valid as long as `holdsResponse` says so. */
  onData(parts: readonly Buffer[], end: BodyEnd): void;
  /** Whether bytes of the response are still to be written: if not, the next read overwrites them. */
  holdsResponse(): boolean;
  /** The connection takes more of the request, or of the tunnel. */
  onDrain(): void;
  /** No response, or no more of it, will come. The message is a predicate: `closed the connection`. */
  onError(error: Error): void;
}
