import type { Context } from '../context.ts';
import type { FilterRun } from '../filters/filter-run.ts';
import { IDEMPOTENT } from '../http1/methods.ts';
import type { RouteLimits } from '../limits.ts';
import { DONE, MORE, NO_PARTS, sizeOf } from '../message.ts';
import type { BodyEnd, ResponseHead } from '../message.ts';
import { bodyTimedOut, NO_UPSTREAM, proxyProblem } from '../problems.ts';
import type { Problem, ProxyProblemCode } from '../problems.ts';
import type { AttemptEnd, Forward, Upstream } from '../proxy.ts';
import { LeavingError } from '../upstream/leaving-error.ts';
import { isOwnShortage } from '../upstream/own-shortage.ts';
import { ResetError } from '../upstream/reset-error.ts';
import type { ResponseHandler } from '../upstream/response-handler.ts';
import type { UpstreamStream } from '../upstream/upstream-stream.ts';
import type { ClientRequest } from './client-request.ts';
import type { ClientStream } from './client-stream.ts';
import { noteGrpcStatus } from './grpc-call.ts';
import type { OwnResponse } from './own-response.ts';
import type { Phase } from './phases.ts';
import { requestFacts } from './request-facts.ts';
import { redirectToSlash, restorePrefix, restoresPrefix } from './restored-prefix.ts';
import { Tunnel } from './tunnel.ts';

/** How often a request that was sent may be sent again. */
const MAX_RETRIES = 2;
/** Of a body that goes on: what is kept of it while the upstream may still refuse the request. */
const MAX_KEPT_BYTES = 64 * 1024;
/** What is read of a body before it can be sent: enough that a client that leaves meanwhile is noticed. */
const MAX_EARLY_BYTES = 64 * 1024;

/** What a request on its way to an upstream calls: the exchange. */
export interface UpstreamRequestHandler {
  readonly phase: Phase;
  /** It moves on. */
  onRequestProgress(event: 'attempt' | 'head-sent' | 'request-sent'): void;
  /** The upstream takes more of it. */
  onRequestDrain(): void;
  /** A 1xx has come. @returns false if the client should be given time to take it */
  onInformational(head: ResponseHead): boolean;
  /** Client and upstream are joined. */
  onTunnel(tunnel: Tunnel, head: ResponseHead): void;
  onResponseHead(head: ResponseHead, parts: readonly Buffer[], end: BodyEnd): void;
  /** The upstream has responded, and the client gets another response. */
  onOwnResponse(response: OwnResponse): void;
  onResponseData(parts: readonly Buffer[], end: BodyEnd): void;
  holdsResponse(): boolean;
  /** No upstream responds: the problem goes to the client in place of a response. */
  answer(problem: Problem): void;
  /**
   * The upstream broke the response off, or closed the tunnel.
   * @param http2Code what it has reset the stream with, if it did
   */
  onUpstreamClose(http2Code: number | undefined): void;
}

/**
 * The request of an exchange on its way to an upstream: which one is tried, on which connection, and what has been
 * sent, which decides whether it may be sent once more.
 */
export class UpstreamRequest implements ResponseHandler {
  readonly method: string;
  readonly #request: ClientRequest;
  readonly #stream: ClientStream;
  readonly #context: Context;
  readonly #exchange: UpstreamRequestHandler;
  #decision: Forward | undefined;
  #filters: FilterRun | undefined;
  #limits: RouteLimits;
  /** Of the last attempt. */
  #upstream: Upstream | undefined;
  #connection: UpstreamStream | undefined;
  /** What has come of the body and may have to be sent, or sent again. */
  #parts = NO_PARTS;
  #end = MORE;
  /** Whether the upstream does not take the body for now. */
  #isBlocked = false;
  #mayRetry = false;
  /** Whether all that has come of the body is kept. */
  #isKept = true;
  #retries = 0;
  /** Whether an attempt is under way, and whether a response to it has begun. */
  #isTrying = false;
  #hasResponded = false;

  constructor(
    request: ClientRequest,
    stream: ClientStream,
    context: Context,
    exchange: UpstreamRequestHandler,
  ) {
    this.method = request.head.method;
    this.#request = request;
    this.#stream = stream;
    this.#context = context;
    this.#exchange = exchange;
    this.#limits = context.limits;
  }

  /** Whether bytes of the body are still to be written, or may have to be again. */
  get holdsBody(): boolean {
    return this.#parts.length > 0 || this.#connection?.holdsParts !== false;
  }

  /** How many these are. What is held to be sent again is often also what is still to be written. */
  get heldBytes(): number {
    return Math.max(sizeOf(this.#parts), this.#connection?.pendingBytes ?? 0);
  }

  /** Whether it is the upstream that is waited for, and not the client. */
  get isAtUpstream(): boolean {
    const { phase } = this.#exchange;
    if (phase === 'connecting') return true;
    return (phase === 'sending' || phase === 'waiting') && (this.#end.done || this.#isBlocked);
  }

  /** Keeps what has come of the body until it can be sent. */
  hold(parts: readonly Buffer[], end: BodyEnd): void {
    this.#parts = this.#parts.length === 0 ? parts : [...this.#parts, ...parts];
    this.#end = end;
  }

  /** Keeps more of it, and has the client wait if that is much. */
  holdMore(parts: readonly Buffer[], end: BodyEnd): void {
    this.hold(parts, end);
    if (!end.done && sizeOf(this.#parts) >= MAX_EARLY_BYTES) this.#stream.pause();
  }

  /** Begins the first attempt. */
  start(decision: Forward, limits: RouteLimits, filters: FilterRun | undefined): void {
    this.#decision = decision;
    this.#limits = limits;
    this.#filters = filters;
    this.#tryNext();
  }

  /** Sends more of the body. */
  write(parts: readonly Buffer[], end: BodyEnd): void {
    this.#end = this.#passing(end);
    this.#mayRetry = false;
    this.#keep(parts);
    if (this.#connection?.write(parts, this.#end) === false) this.#block();
    if (end.done) this.#exchange.onRequestProgress('request-sent');
  }

  /** Reads no more of the response for now. */
  pause(): void {
    this.#connection?.pause();
  }

  resume(): void {
    this.#connection?.resume();
  }

  /** Gives the connection up, because the response is not wanted any more. @param isFault whether of the upstream */
  drop(isFault = false): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.abandon();
    if (isFault) this.#ended('failed');
    else this.#ended(this.#hasResponded ? 'responded' : 'abandoned');
  }

  /** The whole response has come. A connection on which the body is still being sent cannot be used again. */
  release(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#ended('responded');
    // An upstream that does not read trailers takes them for its next request.
    if (this.#end.done && this.#end.trailers === '') connection?.giveBack();
    else connection?.abandon();
  }

  /** What is waited for takes too long. */
  timedOut(): void {
    const { isAtUpstream } = this;
    const isConnecting = this.#exchange.phase === 'connecting';
    this.drop(isAtUpstream);
    if (isConnecting) this.#unreachable(Object.assign(new Error(), { code: 'ETIMEDOUT' }));
    else if (!isAtUpstream) this.#exchange.answer(bodyTimedOut(this.#limits.requestBodyMs));
    else this.#fail('upstream-timeout', `did not respond within ${this.#limits.answerMs} ms`);
  }

  onConnected(): void {
    const connection = this.#connection;
    if (connection === undefined || this.#decision === undefined) return;
    const { via } = this.#context;
    const head = this.#filters === undefined ? this.#request.head : this.#filters.head;
    const facts = requestFacts(this.#request, this.#decision, this.#filters, via);
    this.#end = this.#passing(this.#end);
    const isComplete = this.#end.done;
    const flows = connection.send(head, facts, this.#parts, this.#end);
    this.#request.record?.sent();
    // A body that goes on is not kept, and so cannot be sent again.
    this.#mayRetry = isComplete && IDEMPOTENT.has(this.method);
    if (!isComplete) {
      if (!connection.mayRefuse) this.#drop();
      if (flows) this.#stream.resume();
      else this.#block();
    }
    this.#exchange.onRequestProgress(isComplete ? 'request-sent' : 'head-sent');
  }

  onInformational(head: ResponseHead): void {
    this.#mayRetry = false;
    if (!this.#exchange.onInformational(head)) this.#connection?.pause();
  }

  onUpgrade(head: ResponseHead, rest: Buffer): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    if (!this.#request.head.upgrades || !head.upgrades) {
      this.drop();
      this.#fail('upstream-failed', 'switched to a protocol that was not requested');
      return;
    }
    this.#responded(head);
    this.#ended('responded');
    this.#exchange.onTunnel(new Tunnel(this.#stream, connection, this.#context.clock), head);
    if (rest.length > 0) this.#exchange.onResponseData([rest], MORE);
  }

  onHead(head: ResponseHead, parts: readonly Buffer[], end: BodyEnd): void {
    if (end.done) this.#noteGrpcStatus(end.trailers === '' ? head.fields : end.trailers);
    this.#responded(head);
    const decision = this.#decision;
    const upstream = this.#upstream;
    if (decision === undefined || upstream === undefined || !restoresPrefix(decision))
      return this.#exchange.onResponseHead(head, parts, end);
    const redirect = redirectToSlash(head, this.#request, decision);
    if (redirect !== undefined) {
      this.drop();
      this.#exchange.onOwnResponse(redirect);
      return;
    }
    const restored = head.namesPaths
      ? restorePrefix(head, { request: this.#request, decision, upstream })
      : head;
    this.#exchange.onResponseHead(restored, parts, end);
  }

  onData(parts: readonly Buffer[], end: BodyEnd): void {
    if (end.trailers !== '') this.#noteGrpcStatus(end.trailers);
    this.#exchange.onResponseData(parts, end);
  }

  holdsResponse(): boolean {
    return this.#exchange.holdsResponse();
  }

  onDrain(): void {
    this.#isBlocked = false;
    this.#exchange.onRequestDrain();
    this.#stream.resume();
  }

  onError(error: Error): void {
    const failed = this.#connection;
    const { phase } = this.#exchange;
    this.#connection = undefined;
    this.#ended(isOwnShortage(error) || error instanceof LeavingError ? 'unsent' : 'failed');
    if (phase === 'tunnelling' || phase === 'responding')
      this.#exchange.onUpstreamClose(error instanceof ResetError ? error.http2Code : undefined);
    else if (phase === 'connecting') this.#unreachable(error);
    else if (failed === undefined || !this.#retry(failed))
      this.#fail('upstream-failed', reasonOf(error));
  }

  /** @param failure of the attempt before */
  #tryNext(failure?: Error): void {
    const upstream = this.#decision?.next();
    if (upstream !== undefined) this.#try(upstream, this.#context.pools.of(upstream).take());
    else if (failure === undefined)
      this.#exchange.answer(this.#decision?.unavailable ?? NO_UPSTREAM);
    else this.#fail('upstream-failed', reasonOf(failure));
  }

  /**
   * Begins an attempt with a request that was sent before: with another upstream; with the same one only if it has
   * closed a connection that had been idle, which it may do at any time (RFC 9112 §9.3.1). On a new connection,
   * because one that is idle may be about to be closed too; or if it has refused the request (RFC 9113 §8.7).
   *
   * @returns false if the request may not be sent again
   */
  #retry(failed: UpstreamStream): boolean {
    if (!this.#isKept || this.#retries >= MAX_RETRIES) return false;
    // What the upstream has not begun to process is sent again whatever it is.
    const isSafe = failed.isRefused || (this.#mayRetry && !failed.hasResponded);
    if (!isSafe || this.#decision?.mayRetry?.() === false) return false;
    this.#retries++;
    const another = this.#decision?.next();
    if (another !== undefined) {
      this.#try(another, this.#context.pools.of(another).open());
      return true;
    }
    if (this.#upstream === undefined || !failed.isReused) return false;
    this.#try(this.#upstream, failed.another());
    return true;
  }

  #try(upstream: Upstream, connection: UpstreamStream): void {
    const { record } = this.#request;
    this.#upstream = upstream;
    this.#connection = connection;
    this.#isTrying = true;
    this.#hasResponded = false;
    if (record !== undefined) record.instance = upstream.key;
    connection.carry(this);
    this.#exchange.onRequestProgress('attempt');
    if (connection.isConnected) this.onConnected();
  }

  /** Returns the end of the body as the upstream gets it. */
  #passing(end: BodyEnd): BodyEnd {
    const passes = this.#decision?.passesTrailers === true || this.#connection?.takesTrailers;
    if (end.trailers === '') return end;
    if (passes !== true) return DONE;
    return { done: true, trailers: this.#filters?.trailers(end.trailers) ?? end.trailers };
  }

  /** Nothing was sent, so any method may go to another upstream. */
  #unreachable(error: Error): void {
    if (this.#upstream !== undefined && !isOwnShortage(error)) {
      const verdict = UNREACHABLE[String(codeOf(error))] ?? 'failed';
      this.#context.onUnreachable?.(this.#upstream, verdict);
    }
    this.#tryNext(error);
  }

  /** The address of the upstream stays inside: the detail goes to the client. */
  #fail(code: ProxyProblemCode, reason: string): void {
    const detail = `The upstream on port ${this.#upstream?.port} ${reason}.`;
    this.#exchange.answer(proxyProblem(code, detail));
  }

  #responded({ status }: ResponseHead): void {
    this.#hasResponded = true;
    this.#mayRetry = false;
    if (!this.#end.done) this.#drop();
    this.#decision?.onResponse?.(status);
    this.#request.record?.responded(status);
  }

  #noteGrpcStatus(lines: string): void {
    const status = noteGrpcStatus(this.#request, lines);
    if (status !== undefined) this.#decision?.onGrpcStatus?.(status);
  }

  /** Reports the attempt that is under way as over. */
  #ended(end: AttemptEnd): void {
    if (!this.#isTrying) return;
    this.#isTrying = false;
    this.#decision?.onAttemptEnd?.(end);
  }

  /** Keeps more of the body, while the upstream may refuse the request and it is not too much. */
  #keep(parts: readonly Buffer[]): void {
    const mayRefuse = this.#isKept && this.#connection?.mayRefuse === true;
    if (!mayRefuse || sizeOf(this.#parts) + sizeOf(parts) > MAX_KEPT_BYTES) return this.#drop();
    this.#parts = [...this.#parts, ...parts];
  }

  /** What was sent of the body cannot be sent again. */
  #drop(): void {
    this.#isKept = false;
    this.#parts = NO_PARTS;
  }

  #block(): void {
    this.#isBlocked = true;
    this.#stream.pause();
  }
}

/** Returns why an attempt has failed, as a predicate. */
function reasonOf(error: Error): string {
  const code = codeOf(error);
  return typeof code === 'string' ? `failed with ${code}` : error.message;
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}

const UNREACHABLE: Readonly<Record<string, 'refused' | 'unreachable'>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'unreachable',
};
