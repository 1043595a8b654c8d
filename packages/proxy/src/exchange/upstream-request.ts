import type { Context } from '../context.ts';
import { IDEMPOTENT } from '../http1/methods.ts';
import type { RequestFacts } from '../http1/write-request.ts';
import { MORE, NO_PARTS } from '../message.ts';
import type { BodyEnd, RequestHead } from '../message.ts';
import type { Forward, Upstream } from '../proxy.ts';
import type { ResponseHandler } from '../upstream/response-handler.ts';
import type { UpstreamConnection } from '../upstream/upstream-connection.ts';

/** How often a request that was sent may be sent again. */
const MAX_RETRIES = 2;

/**
 * The request of an exchange on its way to an upstream: which one is tried, on which connection, and what has been
 * sent, which decides whether it may be sent once more.
 */
export class UpstreamRequest {
  /** The upstream of the last attempt. */
  upstream: Upstream | undefined;
  connection: UpstreamConnection | undefined;
  /** Whether the upstream does not take the body for now; otherwise, a body that is incomplete is the client's to send. */
  isBlocked = false;
  #decision: Forward | undefined;
  readonly #context: Context;
  /** What has come of the body and may have to be sent, or sent again. */
  #parts = NO_PARTS;
  #end = MORE;
  #mayRetry = false;
  #retries = 0;
  /** Whether an attempt is under way. */
  #isTrying = false;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Whether the whole body has come. */
  get isComplete(): boolean {
    return this.#end.done;
  }

  /** Chooses where the request goes. */
  route(decision: Forward): void {
    this.#decision = decision;
  }

  /** Keeps what has come of the body until it can be sent. */
  hold(parts: readonly Buffer[], end: BodyEnd): void {
    this.#parts = this.#parts.length === 0 ? parts : [...this.#parts, ...parts];
    this.#end = end;
  }

  /**
   * Begins an attempt with the next upstream.
   * @returns its connection, which may still have to open; undefined if no upstream is left
   */
  tryNext(handler: ResponseHandler): UpstreamConnection | undefined {
    const upstream = this.#decision?.next();
    if (upstream === undefined) return undefined;
    return this.#begin(upstream, this.#context.pools.of(upstream).take(), handler);
  }

  /**
   * Begins an attempt with a request that was sent before: with another upstream; with the same one only if it has
   * closed a connection that had been idle, which it may do at any time (RFC 9112 §9.3.1). On a new connection,
   * because one that is idle may be about to be closed too.
   *
   * @returns as `tryNext`; undefined if the request may not be sent again
   */
  retry(failed: UpstreamConnection, handler: ResponseHandler): UpstreamConnection | undefined {
    const isSafe = this.#mayRetry && !failed.hasResponded && this.#retries < MAX_RETRIES;
    if (!isSafe || this.#decision?.mayRetry?.() === false) return undefined;
    this.#retries++;
    const another = this.#decision?.next();
    if (another !== undefined)
      return this.#begin(another, this.#context.pools.of(another).open(), handler);
    if (this.upstream === undefined || !failed.isReused) return undefined;
    return this.#begin(this.upstream, failed.openAnother(), handler);
  }

  /**
   * Sends the head, with what has come of the body.
   * @returns false if the upstream should be given time to take it
   */
  send(head: RequestHead, facts: RequestFacts): boolean {
    const isComplete = this.#end.done;
    const flows = this.connection?.send(head, facts, this.#parts, this.#end) ?? true;
    // A body that goes on is not kept, and so cannot be sent again.
    this.#mayRetry = isComplete && IDEMPOTENT.has(head.method);
    if (isComplete) return flows;
    this.#parts = NO_PARTS;
    this.isBlocked = !flows;
    return flows;
  }

  /**
   * Sends more of the body.
   * @returns as `send`
   */
  write(parts: readonly Buffer[], end: BodyEnd): boolean {
    this.#end = end;
    this.#mayRetry = false;
    this.#parts = NO_PARTS;
    const flows = this.connection?.write(parts, end) ?? true;
    if (!flows) this.isBlocked = true;
    return flows;
  }

  /** Whether bytes of the body are still to be written, or may have to be again. */
  get holdsBody(): boolean {
    return this.#parts.length > 0 || this.connection?.hasPendingWrites !== false;
  }

  /** Something of the response has come: the client may have seen it, so no other upstream may be tried. */
  forbidRetry(): void {
    this.#mayRetry = false;
  }

  /** Gives the connection up, because the response is not wanted any more. @param isFault see `ended` */
  drop(isFault = false): void {
    const { connection } = this;
    this.connection = undefined;
    connection?.abandon();
    this.ended(isFault);
  }

  /** The whole response has come. A connection on which the body is still being sent cannot be used again. */
  release(): void {
    const { connection } = this;
    this.connection = undefined;
    this.ended(false);
    if (this.#end.done) connection?.giveBack();
    else connection?.abandon();
  }

  /** Reports the attempt that is under way as over. @param isFault see {@link Forward.onAttemptEnd} */
  ended(isFault: boolean): void {
    if (!this.#isTrying) return;
    this.#isTrying = false;
    this.#decision?.onAttemptEnd?.(isFault);
  }

  /** Reports that no connection to the upstream could be made. */
  unreachable(error: Error): void {
    if (this.upstream === undefined || isOwnFault(error)) return;
    const verdict = codeOf(error) === 'ECONNREFUSED' ? 'refused' : 'failed';
    this.#context.onUnreachable?.(this.upstream, verdict);
  }

  #begin(
    upstream: Upstream,
    connection: UpstreamConnection,
    handler: ResponseHandler,
  ): UpstreamConnection {
    this.upstream = upstream;
    this.connection = connection;
    this.#isTrying = true;
    connection.carry(handler);
    return connection;
  }
}

/** Returns why an attempt has failed, as a predicate. */
export function reasonOf(error: Error): string {
  const code = codeOf(error);
  return typeof code === 'string' ? `failed with ${code}` : error.message;
}

/** Whether this machine has run out of something, with which no upstream has to do. */
export function isOwnFault(error: Error): boolean {
  const code = codeOf(error);
  return typeof code === 'string' && OWN_FAULTS.has(code);
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}

const OWN_FAULTS: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
]);
