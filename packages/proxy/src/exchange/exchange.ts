import type { Context } from '../context.ts';
import type { ForwardedFields } from '../downstream/forwarded-fields.ts';
import { BodyPipe } from '../filters/body-pipe.ts';
import type { BodyPipeHandler } from '../filters/body-pipe.ts';
import { FilterRun } from '../filters/filter-run.ts';
import type { FilterRunHandler } from '../filters/filter-run.ts';
import type { RequestFacts } from '../http1/write-request.ts';
import type { RouteLimits } from '../limits.ts';
import { DONE, MORE, NO_PARTS } from '../message.ts';
import type { BodyEnd, RequestHead, ResponseHead } from '../message.ts';
import { bodyTimedOut, bodyTooLarge, proxyProblem, requestTimedOut } from '../problems.ts';
import type { Problem, ProxyProblemCode } from '../problems.ts';
import type { Decision, Forward } from '../proxy.ts';
import type { Filter } from '../filters/filter.ts';
import type { ResponseHandler } from '../upstream/response-handler.ts';
import type { UpstreamConnection } from '../upstream/upstream-connection.ts';
import { ClientRequest } from './client-request.ts';
import type { ClientStream, ClientStreamHandler } from './client-stream.ts';
import { decideRequest, escapeProblem } from './decide-request.ts';
import { problemResponse } from './own-response.ts';
import type { OwnResponse } from './own-response.ts';
import { LIMIT_OF, nextPhase } from './phases.ts';
import type { Phase, PhaseEvent } from './phases.ts';
import { Tunnel } from './tunnel.ts';
import { isOwnFault, reasonOf, UpstreamRequest } from './upstream-request.ts';

const NO_UPSTREAM = proxyProblem('no-upstream', 'This route names no upstream.');
const FILTER_FAILED = proxyProblem('filter-failed', 'A filter of this route failed.');

/**
 * One request of a client, and its response: decided, filtered, sent to an upstream, answered. It knows neither side's
 * connections: the client is a stream, the upstream an {@link UpstreamRequest}.
 */
export class Exchange
  implements ResponseHandler, ClientStreamHandler, FilterRunHandler, BodyPipeHandler
{
  readonly method: string;
  readonly #stream: ClientStream;
  readonly #request: ClientRequest;
  readonly #context: Context;
  readonly #sent: UpstreamRequest;
  #phase: Phase = 'filtering';
  /** By the clock, when the time for this phase is over, and for all of them. */
  #deadline = Infinity;
  #latest = Infinity;
  #limits: RouteLimits;
  #decision: Forward | undefined;
  #bodyBytes = 0;
  #filters: FilterRun | undefined;
  #pipe: BodyPipe | undefined;
  /** The end of a body that passes the pipe. */
  #pipedEnd = DONE;
  #tunnel: Tunnel | undefined;

  constructor(
    stream: ClientStream,
    head: RequestHead,
    forwarded: ForwardedFields,
    context: Context,
  ) {
    this.method = head.method;
    this.#stream = stream;
    this.#request = new ClientRequest(head, forwarded, context);
    this.#context = context;
    this.#limits = context.limits;
    this.#sent = new UpstreamRequest(context);
  }

  /** @param parts what has come of the body already */
  start(parts: readonly Buffer[], end: BodyEnd): void {
    const { record } = this.#request;
    this.#sent.hold(parts, end);
    for (const { length } of parts) this.#bodyBytes += length;
    record?.received(parts);
    const decision = decideRequest(this.#request, this.#bodyBytes, this.#context);
    if (record !== undefined) record.prefix = decision.prefix;
    const { filters = [] } = decision;
    if (filters.length > 0) this.#filters = this.#filterRun(filters, decision);
    if (decision.type === 'answer') return this.answer(decision.problem);
    this.#decision = decision;
    this.#sent.route(decision);
    this.#limits = decision.limits ?? this.#context.limits;
    this.#latest = this.#context.clock.after(this.#limits.totalMs);
    if (this.#filters === undefined) this.#attempt(this.#sent.tryNext(this));
    else this.#filter(this.#filters);
  }

  /** Answers in place of an upstream. */
  answer(problem: Problem): void {
    const { record, id } = this.#request;
    if (record !== undefined) record.problem = problem.code;
    this.#respond(problemResponse(problem, id));
  }

  /** Ends what takes too long. @param now by the clock */
  check(now: number): void {
    if (now < this.#deadline) return;
    const phase = this.#phase;
    const isSent = phase === 'sending' || phase === 'waiting';
    const isClients = !this.#sent.isComplete && !this.#sent.isBlocked;
    // Once the response has begun, it may be the client that does not take it.
    this.#sent.drop(phase === 'connecting' || (isSent && !isClients));
    this.#deadline = Infinity;
    const { filterMs, answerMs, requestBodyMs, totalMs } = this.#limits;
    if (phase === 'responding') this.#reset();
    else if (phase === 'filtering') this.#filtersTimedOut(filterMs);
    else if (now >= this.#latest) this.answer(requestTimedOut(totalMs));
    else if (phase === 'connecting') this.#unreachable(Object.assign(new Error(), { code: 'ETIMEDOUT' }));
    else if (isClients) this.answer(bodyTimedOut(requestBodyMs));
    else this.#fail('upstream-timeout', `did not respond within ${answerMs} ms`);
  }

  /** The proxy closes: a tunnel ends as soon as it can, anything else as it would have. */
  leave(): void {
    this.#tunnel?.leave();
  }

  // What the client stream calls.

  onRequestData(parts: readonly Buffer[], end: BodyEnd): void {
    this.#request.record?.received(parts);
    if (this.#tunnel !== undefined) return this.#tunnel.fromClient(parts, end);
    for (const { length } of parts) this.#bodyBytes += length;
    if (this.#bodyBytes > this.#limits.bodyBytes)
      return this.onRequestError(bodyTooLarge(this.#limits.bodyBytes));
    if (this.#phase === 'filtering' || this.#phase === 'connecting')
      return this.#sent.hold(parts, end);
    if (!this.#sent.write(parts, end)) this.#stream.pause();
    if (end.done) this.#enter('request-sent');
    this.#awaitProgress();
  }

  holdsRequest(): boolean {
    return this.#sent.holdsBody;
  }

  onRequestError(problem: Problem): void {
    this.#sent.drop();
    if (this.#phase === 'responding') this.#reset();
    else this.answer(problem);
  }

  onClientDrain(): void {
    if (this.#tunnel !== undefined) return this.#tunnel.clientDrained();
    // Before the response, what the client takes is 1xx: they give the upstream no more time.
    if (this.#phase === 'responding') this.#awaitProgress();
    if (this.#pipe === undefined) this.#sent.connection?.resume();
    else this.#pipe.resume();
  }

  onClientClose(): void {
    if (this.#phase === 'done') return;
    this.#enter(this.#phase === 'tunnelling' ? 'end' : 'abort');
    this.#filters?.cancel();
    this.#pipe?.destroy();
    this.#sent.drop();
    this.#request.end(false);
  }

  // What the connection to the upstream calls.

  onConnected(): void {
    const flows = this.#sent.send(this.#filters?.head ?? this.#request.head, this.#facts());
    this.#request.record?.sent();
    this.#enter(this.#sent.isComplete ? 'request-sent' : 'head-sent');
    if (!this.#sent.isComplete) {
      if (flows) this.#stream.resume();
      else this.#stream.pause();
    }
    this.#awaitProgress();
  }

  onInformational(head: ResponseHead): void {
    this.#sent.forbidRetry();
    if (!this.#stream.sendInformational(head)) this.#sent.connection?.pause();
  }

  onUpgrade(head: ResponseHead, rest: Buffer): void {
    const { connection } = this.#sent;
    if (connection === undefined) return;
    if (!this.#request.head.upgrades || !head.upgrades) {
      this.#sent.drop();
      this.#fail('upstream-failed', 'switched to a protocol that was not requested');
      return;
    }
    this.#responded(head);
    this.#sent.ended(false);
    this.#enter('upgrade');
    this.#tunnel = new Tunnel(this.#stream, connection);
    this.#stream.sendUpgrade(head);
    if (this.#context.isClosing) this.#tunnel.leave();
    if (rest.length > 0) this.onData([rest], MORE);
  }

  onHead(head: ResponseHead, parts: readonly Buffer[], end: BodyEnd): void {
    this.#responded(head);
    if (this.#filters !== undefined) return this.#sendFiltered(this.#filters, head, parts, end);
    this.#enter('response-head');
    this.#request.record?.delivered(parts);
    this.#delivered(this.#stream.sendHead(head, parts, end), end);
  }

  onData(parts: readonly Buffer[], end: BodyEnd): void {
    if (this.#pipe !== undefined) return this.#transform(this.#pipe, parts, end);
    this.#request.record?.delivered(parts);
    if (this.#tunnel !== undefined) return this.#tunnel.fromUpstream(parts, end);
    this.#delivered(this.#stream.write(parts, end), end);
  }

  holdsResponse(): boolean {
    return this.#pipe !== undefined || this.#stream.hasPendingWrites;
  }

  onDrain(): void {
    if (this.#tunnel !== undefined) return this.#tunnel.upstreamDrained();
    this.#sent.isBlocked = false;
    this.#awaitProgress();
    this.#stream.resume();
  }

  onError(error: Error): void {
    const { connection } = this.#sent;
    this.#sent.connection = undefined;
    if (this.#phase === 'tunnelling') return this.#finish(false);
    this.#sent.ended(!isOwnFault(error));
    // A clean end would pass half a response off as a whole one.
    if (this.#phase === 'responding') return this.#reset();
    if (this.#phase === 'connecting') return this.#unreachable(error);
    const next = connection && this.#sent.retry(connection, this);
    if (next === undefined) this.#fail('upstream-failed', reasonOf(error));
    else this.#attempt(next);
  }

  // What the filters of the request call.

  onFiltersPassed(): void {
    const target = this.#filters?.upstreamTarget ?? '/';
    const problem = this.#decision && escapeProblem(target, this.#decision);
    if (problem === undefined) this.#attempt(this.#sent.tryNext(this));
    else this.answer(problem);
  }

  onFilterAnswer(response: OwnResponse): void {
    this.#respond(response);
  }

  onFilterFailed(): void {
    this.answer(FILTER_FAILED);
  }

  // What the transforms of the body call.

  onOutput(bytes: Buffer): boolean {
    this.#request.record?.delivered([bytes]);
    this.#awaitProgress();
    return this.#stream.write([bytes], MORE);
  }

  onOutputEnd(): void {
    this.#stream.write(NO_PARTS, this.#pipedEnd);
    this.#finish(true);
  }

  onOutputError(error: Error): void {
    this.#filters?.report('', error);
    this.#sent.drop();
    this.#reset();
  }

  onInputDrain(): void {
    this.#sent.connection?.resume();
  }

  /** The one place where a phase is entered. */
  #enter(event: PhaseEvent): void {
    this.#phase = nextPhase(this.#phase, event);
    if (LIMIT_OF[this.#phase] === undefined) this.#deadline = Infinity;
  }

  /** Gives this phase its time anew. */
  #awaitProgress(): void {
    const limit = LIMIT_OF[this.#phase];
    const ms = limit === undefined ? Infinity : this.#limits[limit];
    this.#deadline = Math.min(this.#context.clock.after(ms), this.#latest);
  }

  #attempt(connection: UpstreamConnection | undefined, failure?: Error): void {
    if (connection === undefined) {
      if (failure === undefined) this.answer(NO_UPSTREAM);
      else this.#fail('upstream-failed', reasonOf(failure));
      return;
    }
    this.#enter('attempt');
    const { record } = this.#request;
    if (record !== undefined) record.instance = this.#sent.upstream?.key;
    if (connection.isConnected) return this.onConnected();
    if (!this.#sent.isComplete) this.#stream.pause();
    this.#awaitProgress();
  }

  /** Nothing was sent, so any method may go to another upstream. */
  #unreachable(error: Error): void {
    this.#sent.unreachable(error);
    this.#attempt(this.#sent.tryNext(this), error);
  }

  /** The address of the upstream stays inside: the detail goes to the client. */
  #fail(code: ProxyProblemCode, reason: string): void {
    this.answer(proxyProblem(code, `The upstream on port ${this.#sent.upstream?.port} ${reason}.`));
  }

  #facts(): RequestFacts {
    const { prefix = '', isStripped = true, target = '' } = this.#decision ?? {};
    return {
      forwarded: this.#request.forwardedLines,
      requestId: this.#request.id,
      pseudonym: this.#context.pseudonym,
      traceparent: this.#request.record?.trace?.traceparent,
      target: this.#filters?.upstreamTarget ?? target,
      prefix: this.#request.forwardedPrefix + (isStripped ? prefix : ''),
    };
  }

  #filterRun(filters: readonly Filter[], decision: Decision): FilterRun {
    const target = decision.type === 'forward' ? decision.target : this.#request.head.target;
    const { onFilterError: onError } = this.#context;
    return new FilterRun({ filters, request: this.#request, target, onError });
  }

  #filter(filters: FilterRun): void {
    filters.start(this);
    if (this.#phase !== 'filtering') return;
    // One takes its time. What the client has sent by now is all that is held of its body.
    if (!this.#sent.isComplete) this.#stream.pause();
    this.#awaitProgress();
  }

  #filtersTimedOut(maxMs: number): void {
    this.#filters?.cancel();
    this.#filters?.report('', new Error(`the filters took longer than ${maxMs} ms`));
    this.answer(FILTER_FAILED);
  }

  #responded({ status }: ResponseHead): void {
    this.#sent.forbidRetry();
    this.#decision?.onResponse?.(status);
    this.#request.record?.responded(status);
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
      this.answer(FILTER_FAILED);
      return;
    }
    const { record } = this.#request;
    if (record !== undefined) record.status = filtered.head.status;
    this.#enter('response-head');
    const [first, ...more] = filtered.transforms;
    if (first !== undefined) this.#pipe = new BodyPipe([first, ...more], this);
    else record?.delivered(parts);
    const isWhole = first === undefined;
    const flows = this.#stream.sendHead(filtered.head, isWhole ? parts : NO_PARTS, isWhole ? end : MORE);
    if (isWhole) this.#delivered(flows, end);
    else this.onData(parts, end);
  }

  #transform(pipe: BodyPipe, parts: readonly Buffer[], end: BodyEnd): void {
    const flows = pipe.write(parts);
    this.#awaitProgress();
    if (!end.done) {
      if (!flows) this.#sent.connection?.pause();
      return;
    }
    this.#pipedEnd = end;
    this.#sent.release();
    pipe.end();
  }

  /** Part of the response is with the client stream, or all of it. */
  #delivered(flows: boolean, end: BodyEnd): void {
    if (!end.done) {
      if (!flows) this.#sent.connection?.pause();
      this.#awaitProgress();
      return;
    }
    // Before the client goes on, so that its next request finds the connection.
    this.#sent.release();
    this.#finish(true);
  }

  /** Sends a response of the proxy's own. */
  #respond({ head, body }: OwnResponse): void {
    const filtered = this.#filters?.respond(head, false);
    if (this.#filters !== undefined && filtered === undefined) {
      // The problem goes out without the filter that fails.
      this.#filters = undefined;
      this.answer(FILTER_FAILED);
      return;
    }
    const { record } = this.#request;
    const parts = this.method === 'HEAD' || body.length === 0 ? NO_PARTS : [body];
    const sent = filtered?.head ?? head;
    if (record !== undefined) record.status = sent.status;
    record?.delivered(parts);
    this.#enter('answer');
    this.#stream.sendHead(sent, parts, DONE);
    this.#end(true);
  }

  #finish(isComplete: boolean): void {
    this.#enter('end');
    this.#end(isComplete);
  }

  #end(isComplete: boolean): void {
    this.#request.end(isComplete);
    this.#stream.finish();
  }

  #reset(): void {
    this.#enter('abort');
    this.#pipe?.destroy();
    this.#request.end(false);
    this.#stream.reset();
  }
}
