import type { RequestFacts } from '../http1/write-request.ts';
import type { BodyEnd, RequestHead } from '../message.ts';
import type { Upstream } from '../proxy.ts';
import type { ResponseHandler } from './response-handler.ts';

/**
 * One attempt at a request, and the way of the response back: what an exchange sends to. It hides the version of HTTP:
 * framing, and whether the connection carries other requests at the same time or afterwards.
 *
 * The exchange calls `carry`, then `send` once it is connected, `write` until the body is done, and at last either
 * `giveBack` or `abandon`.
 */
export interface UpstreamStream {
  readonly isConnected: boolean;
  /** Whether its connection has carried another request before: then the upstream may have closed it meanwhile. */
  readonly isReused: boolean;
  /** Whether anything of the response has come. */
  readonly hasResponded: boolean;
  /** Whether the upstream may refuse the request while its body is being sent: what is small of that is kept meanwhile. */
  readonly mayRefuse: boolean;
  /** Whether the upstream has said that it has not begun to process the request. */
  readonly isRefused: boolean;
  /** Whether trailers of requests can do no harm. */
  readonly takesTrailers: boolean;
  /** Bytes that were handed to it and are still to be written. */
  readonly pendingBytes: number;
  /** Whether some of them are held by reference. */
  readonly holdsParts: boolean;
  /** Takes the request: its handler is called from here on. */
  carry(handler: ResponseHandler): void;
  /**
   * Sends a request with what there is of its body.
   * @returns false if the upstream should be given time to take it: `onDrain` follows
   */
  send(head: RequestHead, facts: RequestFacts, parts: readonly Buffer[], end: BodyEnd): boolean;
  /**
   * Sends more of the body, or of the tunnel.
   * @returns as `send`
   */
  write(parts: readonly Buffer[], end: BodyEnd): boolean;
  /** Reads no more for now. */
  pause(): void;
  resume(): void;
  /** Returns another attempt at the same upstream, on a connection that is open for certain, or new. */
  another(): UpstreamStream;
  /** The exchange does not want the response any more. */
  abandon(): void;
  /** The exchange is over on both sides. */
  giveBack(): void;
}

/** The connections to one upstream. */
export interface UpstreamPool {
  readonly upstream: Upstream;
  /** Returns an attempt, on a connection that is open already if there is one. */
  take(): UpstreamStream;
  /** Returns an attempt as `another` of {@link UpstreamStream} does. */
  open(): UpstreamStream;
  /** Closes what has been idle or connecting for too long. */
  sweep(now: number): void;
  /** Closes what is idle, and the others when they become so. */
  release(): void;
  readonly sizes: { readonly open: number; readonly idle: number };
  destroy(): void;
}
