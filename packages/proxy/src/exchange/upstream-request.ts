import type { Context } from '../context.ts';
import type { FilterRun } from '../filters/filter-run.ts';
import { IDEMPOTENT } from '../http1/methods.ts';
import type { RouteLimits } from '../limits.ts';
import { DONE, MORE } from '../message.ts';
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
import { copyOf } from './copy-of.ts';
import { noteGrpcStatus } from './grpc-call.ts';
import { HeldBody } from './held-body.ts';
import { lastHopResponse } from './own-response.ts';
import type { OwnResponse } from './own-response.ts';
import type { Phase } from './phases.ts';
import { requestFacts } from './request-facts.ts';
import { redirectToSlash, restorePrefix, restoresPrefix } from './restored-prefix.ts';
import { Tunnel } from './tunnel.ts';

/** How often a request that was sent may be sent again. */
const MAX_RETRIES = 2;

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
  /** The client gets this response, whether or not an upstream has responded. */
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
  readonly #body = new HeldBody();
  /** Whether the upstream does not take the body for now. */
  #isBlocked = false;
  #mayRetry = false;
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
    return this.#body.parts.length > 0 || this.#connection?.holdsParts !== false;
  }

  /** How many these are. What is held to be sent again is often also what is still to be written. */
  get heldBytes(): number {
    return Math.max(this.#body.bytes, this.#connection?.pendingBytes ?? 0);
  }

  /** Whether it is the upstream that is waited for, and not the client. */
  get isAtUpstream(): boolean {
    const { phase } = this.#exchange;
    if (phase === 'connecting') return true;
    return (phase === 'sending' || phase === 'waiting') && (this.#body.end.done || this.#isBlocked);
  }

  /** Keeps what has come of the body until it can be sent, and has the client wait if that is much. */
  hold(parts: readonly Buffer[], end: BodyEnd): void {
    this.#request.copy?.add(parts);
    if (!this.#body.hold(parts, end)) this.#stream.pause();
  }

  /** Begins the first attempt, unless this proxy is the last hop of the request. */
  start(decision: Forward, limits: RouteLimits, filters: FilterRun | undefined): void {
    const { head } = this.#request;
    if (head.maxForwards === 0) return this.#exchange.onOwnResponse(lastHopResponse(head));
    this.#decision = decision;
    this.#limits = limits;
    this.#filters = filters;
    this.#request.copy = copyOf(this.#request, decision, filters, this.#context);
    this.#request.copy?.add(this.#body.parts);
    this.#tryNext();
  }

  /** Sends more of the body. */
  write(parts: readonly Buffer[], end: BodyEnd): void {
    this.#body.end = this.#passing(end);
    this.#mayRetry = false;
    this.#body.keep(parts, this.#connection?.mayRefuse === true);
    if (this.#connection?.write(parts, this.#body.end) === false) this.#block();
    this.#request.copy?.add(parts);
    if (end.done) this.#sentAll();
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
    if (this.#body.end.done && this.#body.end.trailers === '') connection?.giveBack();
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
    const fromClient = requestFacts(this.#request, this.#decision, this.#filters, via);
    const host = this.#upstream?.host;
    const facts = host === undefined ? fromClient : { ...fromClient, host };
    this.#body.end = this.#passing(this.#body.end);
    const isComplete = this.#body.end.done;
    const flows = connection.send(head, facts, this.#body.parts, this.#body.end);
    this.#request.record?.sent();
    // A body that goes on is not kept, and so cannot be sent again.
    this.#mayRetry = isComplete && IDEMPOTENT.has(this.method);
    if (!isComplete) {
      if (!connection.mayRefuse) this.#body.drop();
      if (flows) this.#stream.resume();
      else this.#block();
    }
    if (isComplete) this.#sentAll();
    else this.#exchange.onRequestProgress('head-sent');
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
    if (!this.#body.isKept || this.#retries >= MAX_RETRIES) return false;
    // What the upstream has not begun to process is sent again, with any method.
    const isSafe = failed.isRefused || (this.#mayRetry && !failed.hasResponded);
    if (!isSafe || this.#decision?.mayRetry?.() === false) return false;
    this.#retries++;
    const another = this.#decision?.next();
    if (another !== undefined) {
      this.#try(another, this.#context.pools.of(another).open());
      return true;
    }
    if (this.#upstream === undefined || !failed.isReused) return false;
    this.#decision?.again?.();
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

  #sentAll(): void {
    this.#exchange.onRequestProgress('request-sent');
    this.#request.copy?.send();
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
      this.#context.onUnreachable?.(this.#upstream, verdict, error);
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
    if (!this.#body.end.done) this.#body.drop();
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
