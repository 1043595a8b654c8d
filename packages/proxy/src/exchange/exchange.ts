import type { Context } from '../context.ts';
import type { ForwardedFields } from '../downstream/forwarded-fields.ts';
import { filterRun } from '../filters/filter-run.ts';
import type { FilterRun, FilterRunHandler } from '../filters/filter-run.ts';
import { GRPC_STATUS, grpcStatusOfReset } from '../grpc/status.ts';
import { DONE, MORE, NO_PARTS, sizeOf } from '../message.ts';
import type { BodyEnd, RequestHead, ResponseHead } from '../message.ts';
import { bodyTooLarge, FILTER_FAILED, INTERNAL_ERROR } from '../problems.ts';
import type { Problem } from '../problems.ts';
import type { Forward } from '../proxy.ts';
import { ClientRequest } from './client-request.ts';
import type { ClientStream, ClientStreamHandler } from './client-stream.ts';
import { decideRequest, escapeProblem, routeOf } from './decide-request.ts';
import { ExpectedContinue } from './expected-continue.ts';
import { brokenOffEnd, noteGrpcStatus } from './grpc-call.ts';
import { problemResponse } from './own-response.ts';
import type { OwnResponse } from './own-response.ts';
import { PhaseTimer } from './phase-timer.ts';
import { nextPhase } from './phases.ts';
import type { Phase, PhaseEvent } from './phases.ts';
import { TransformedBody } from './transformed-body.ts';
import type { TransformedBodyHandler } from './transformed-body.ts';
import type { Tunnel } from './tunnel.ts';
import { UpstreamRequest } from './upstream-request.ts';
import type { UpstreamRequestHandler } from './upstream-request.ts';

/**
 * One request of a client, and its response: decided, filtered, sent to an upstream, answered. It knows no
 * connection: the client is a stream, the upstream an {@link UpstreamRequest}.
 */
export class Exchange
  implements ClientStreamHandler, FilterRunHandler, UpstreamRequestHandler, TransformedBodyHandler
{
  readonly #stream: ClientStream;
  readonly #request: ClientRequest;
  readonly #context: Context;
  readonly #sent: UpstreamRequest;
  /** Undefined unless the client waits for a 100. */
  readonly #continue: ExpectedContinue | undefined;
  #phase: Phase = 'filtering';
  readonly #timer: PhaseTimer;
  #decision: Forward | undefined;
  #filters: FilterRun | undefined;
  #transformed: TransformedBody | undefined;
  #tunnel: Tunnel | undefined;
  /** Bytes of the request's body that have come. */
  #bodyBytes = 0;
  #isOpenEnded = false;

  constructor(
    stream: ClientStream,
    head: RequestHead,
    forwarded: ForwardedFields,
    context: Context,
  ) {
    this.#stream = stream;
    this.#request = new ClientRequest(head, forwarded, context);
    this.#context = context;
    this.#timer = new PhaseTimer(context.limits, context.clock);
    this.#continue = head.expectsContinue ? new ExpectedContinue(stream) : undefined;
    this.#sent = new UpstreamRequest(this.#request, stream, context, this);
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** By the clock, when the time for this phase is over. Each progress moves it. */
  get deadline(): number {
    return this.#timer.deadline;
  }

  /** Bytes that are held on their way to the upstream, or in transforms on their way back. */
  get heldBytes(): number {
    return this.#sent.heldBytes + (this.#transformed?.heldBytes ?? 0);
  }

  /** Whether a response has begun that need never end. */
  get isStreaming(): boolean {
    return this.#phase === 'responding' && this.#isOpenEnded;
  }

  /** @param parts what has come of the body already */
  start(parts: readonly Buffer[], end: BodyEnd): void {
    const { record } = this.#request;
    record?.received(parts);
    this.#sent.hold(parts, end);
    this.#bodyBytes = sizeOf(parts);
    const decision = decideRequest(this.#request, this.#bodyBytes, this.#context);
    if (record !== undefined) record.route = routeOf(decision);
    this.#filters = filterRun(decision, this.#request, this.#context.onFilterError);
    this.#request.filters = this.#filters;
    if (decision.type === 'answer') return this.answer(decision.problem);
    this.#decision = decision;
    this.#timer.begin(this.#request, decision.limits ?? this.#context.limits);
    if (this.#filters === undefined) this.#sent.start(decision, this.#timer.limits, undefined);
    else this.#filter(this.#filters);
  }

  /** Answers in place of an upstream. */
  answer(problem: Problem): void {
    const { record } = this.#request;
    if (record !== undefined) record.problem = problem.code;
    this.onOwnResponse(problemResponse(problem, this.#request));
  }

  /** Ends what takes too long. @param now by the clock */
  check(now: number): void {
    this.#continue?.check(now);
    if (this.#tunnel?.isOver(now) === true) {
      this.#sent.drop();
      return this.#finish(false);
    }
    if (!this.#timer.isOver(now)) return;
    const isTotal = this.#timer.isTotalOver(now);
    const isRoute = this.#timer.isRouteOver(now);
    if (this.#phase === 'filtering' && (isRoute || !isTotal))
      this.#filters?.timedOut(this.#timer.maxFilterMs, this);
    // Once the response has begun, it may be the client that does not take it.
    else if (this.#phase === 'responding')
      this.#breakOff(isTotal ? GRPC_STATUS.deadlineExceeded : GRPC_STATUS.unavailable);
    else if (!isTotal) this.#sent.timedOut();
    else {
      this.#filters?.cancel();
      this.#sent.drop(this.#sent.isAtUpstream && isRoute);
      this.answer(this.#timer.problem);
    }
  }

  /** The proxy closes: a tunnel ends as soon as it can, anything else as it would have. */
  leave(): void {
    this.#tunnel?.leave();
  }

  // What the client stream calls.

  onRequestData(parts: readonly Buffer[], end: BodyEnd): void {
    if (this.#phase === 'done') return;
    this.#request.record?.received(parts);
    if (this.#tunnel !== undefined) return this.#tunnel.fromClient(parts, end);
    const { bodyBytes } = this.#timer.limits;
    this.#bodyBytes += sizeOf(parts);
    this.#continue?.cancel();
    if (this.#bodyBytes > bodyBytes) return this.onRequestError(bodyTooLarge(bodyBytes));
    if (this.#phase === 'filtering' || this.#phase === 'connecting')
      return this.#sent.hold(parts, end);
    this.#sent.write(parts, end);
    this.#timer.restart(this.#phase);
  }

  holdsRequest(): boolean {
    return this.#sent.holdsBody;
  }

  onRequestError(problem: Problem): void {
    if (this.#phase === 'done') return;
    if (this.#phase === 'responding') return this.#breakOff(GRPC_STATUS.internal);
    this.#sent.drop();
    this.answer(problem);
  }

  onClientDrain(): void {
    if (this.#tunnel !== undefined) return this.#tunnel.clientDrained();
    // Before the response, what the client takes is 1xx: they give the upstream no more time.
    if (this.#phase === 'responding') this.#timer.restart(this.#phase);
    if (this.#transformed === undefined) this.#sent.resume();
    else this.#transformed.clientDrained();
  }

  onClientClose(): void {
    if (this.#phase === 'done') return;
    if (!this.#enter(this.#phase === 'tunnelling' ? 'end' : 'abort')) return;
    this.#transformed?.destroy();
    this.#sent.drop();
    this.#request.end(false);
  }

  // What the filters of the request call.

  onFiltersPassed(): void {
    if (this.#decision === undefined) return;
    const problem = escapeProblem(this.#filters?.upstreamTarget ?? '/', this.#decision);
    if (problem === undefined) this.#sent.start(this.#decision, this.#timer.limits, this.#filters);
    else this.answer(problem);
  }

  onOwnResponse(own: OwnResponse): void {
    const filtered = this.#filters?.respondOwn(own) ?? own;
    if (this.#enter('answer')) this.#deliver(filtered);
  }

  onFilterFailed(): void {
    this.answer(FILTER_FAILED);
  }

  // What the request on its way to the upstream calls.

  onRequestProgress(event: 'attempt' | 'head-sent' | 'request-sent'): void {
    this.#enter(event);
    if (event === 'head-sent' && this.#bodyBytes === 0) this.#continue?.expect(this.#context.clock);
    else this.#continue?.cancel();
  }

  onInformational(head: ResponseHead): boolean {
    return (this.#continue ?? this.#stream).sendInformational(head);
  }

  onRequestDrain(): void {
    this.#timer.restart(this.#phase);
  }

  onTunnel(tunnel: Tunnel, head: ResponseHead): void {
    if (!this.#enter('upgrade')) return;
    this.#tunnel = tunnel;
    this.#stream.sendUpgrade(head);
    if (this.#context.isClosing) tunnel.leave();
  }

  onResponseHead(head: ResponseHead, parts: readonly Buffer[], end: BodyEnd): void {
    this.#isOpenEnded = head.length < 0;
    // No 1xx may follow the head, though the client may still send its body.
    this.#continue?.cancel();
    if (this.#filters !== undefined) return this.#sendFiltered(this.#filters, head, parts, end);
    if (!this.#enter('response-head')) return;
    this.#request.record?.delivered(parts);
    this.#passed(this.#stream.sendHead(head, this.#request.id, parts, end), end);
  }

  onResponseData(parts: readonly Buffer[], end: BodyEnd): void {
    if (this.#transformed !== undefined)
      return this.#passed(this.#transformed.write(parts, end), end);
    this.#request.record?.delivered(parts);
    if (this.#tunnel !== undefined) return this.#tunnel.fromUpstream(parts, end);
    this.#passed(this.#stream.write(parts, end), end);
  }

  holdsResponse(): boolean {
    return this.#transformed !== undefined || this.#stream.hasPendingWrites;
  }

  onUpstreamClose(http2Code: number | undefined): void {
    if (this.#phase === 'tunnelling') this.#finish(false);
    // A clean end would pass half a response off as a whole one.
    else this.#breakOff(grpcStatusOfReset(http2Code));
  }

  // What a transformed body calls.

  onTransformed(): void {
    this.#timer.restart(this.#phase);
  }

  onTransformedEnd(): void {
    this.#finish(true);
  }

  onTransformError(error: Error): void {
    this.#filters?.report('', error);
    this.#breakOff(GRPC_STATUS.internal);
  }

  onTransformDrain(): void {
    this.#sent.resume();
  }

  /**
   * The one place where a phase is entered.
   * @returns false if the event cannot happen in this phase: then the exchange is over
   */
  #enter(event: PhaseEvent): boolean {
    const next = nextPhase(this.#phase, event);
    if (next === undefined) {
      this.#fail(new Error(`an exchange cannot ${event} while ${this.#phase}`));
      return false;
    }
    this.#phase = next;
    this.#timer.restart(this.#phase);
    return true;
  }

  /** A bug of the proxy costs one exchange, and not the process with all others. */
  #fail(error: Error): void {
    const { phase } = this;
    const { record, id } = this.#request;
    this.#phase = 'done';
    this.#context.onInternalError(error, id);
    if (phase === 'done') return;
    this.#filters?.cancel();
    this.#sent.drop();
    this.#transformed?.destroy();
    if (phase === 'responding' || phase === 'tunnelling') {
      this.#request.end(false);
      return this.#stream.reset();
    }
    if (record !== undefined) record.problem = INTERNAL_ERROR.code;
    this.#deliver(problemResponse(INTERNAL_ERROR, this.#request));
  }

  #filter(filters: FilterRun): void {
    filters.start(this);
    // One takes its time.
    if (this.#phase === 'filtering') this.#timer.restart(this.#phase);
  }

  #sendFiltered(
    filters: FilterRun,
    head: ResponseHead,
    parts: readonly Buffer[],
    end: BodyEnd,
  ): void {
    const filtered = filters.respond(head, head.length !== 0);
    if (filtered === undefined) {
      this.#sent.drop();
      return this.answer(FILTER_FAILED);
    }
    const { record, id } = this.#request;
    const [first, ...more] = filtered.transforms;
    if (record !== undefined) record.status = filtered.head.status;
    if (!this.#enter('response-head')) return;
    if (first === undefined) {
      record?.delivered(parts);
      return this.#passed(this.#stream.sendHead(filtered.head, id, parts, end), end);
    }
    this.#transformed = new TransformedBody([first, ...more], this.#stream, record, this);
    this.#stream.sendHead(filtered.head, id, NO_PARTS, MORE);
    this.onResponseData(parts, end);
  }

  /**
   * Part of the response was passed on, or all of it.
   * @param flows false to pause the upstream
   */
  #passed(flows: boolean, end: BodyEnd): void {
    if (!end.done) {
      if (!flows) this.#sent.pause();
      this.#timer.restart(this.#phase);
      return;
    }
    // Before the client goes on, so that its next request finds the connection.
    this.#sent.release();
    if (this.#transformed === undefined) this.#finish(true);
  }

  #deliver({ head, body }: OwnResponse): void {
    const { record, method, id } = this.#request;
    const parts = method === 'HEAD' || body.length === 0 ? NO_PARTS : [body];
    if (record !== undefined) record.status = head.status;
    noteGrpcStatus(this.#request, head.fields);
    record?.delivered(parts);
    // Not even the end of an empty body follows the head of a response to HEAD.
    this.#stream.sendHead(method === 'HEAD' ? { ...head, length: 0 } : head, id, parts, DONE);
    this.#end(true);
  }

  #finish(isComplete: boolean): void {
    if (this.#enter('end')) this.#end(isComplete);
  }

  #end(isComplete: boolean): void {
    this.#request.end(isComplete);
    this.#stream.finish();
  }

  /**
   * Ends a response that has begun, so that the client sees that it is incomplete.
   * @param grpcStatus what a client of gRPC gets
   */
  #breakOff(grpcStatus: number): void {
    if (!this.#enter('abort')) return;
    this.#sent.drop();
    const end = this.#transformed ? undefined : brokenOffEnd(this.#request, grpcStatus);
    this.#request.end(false);
    if (end !== undefined) {
      this.#stream.write(NO_PARTS, end);
      return this.#stream.finish();
    }
    this.#transformed?.destroy();
    this.#stream.reset();
  }
}
