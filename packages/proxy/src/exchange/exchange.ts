import { CHUNKED, UNTIL_CLOSE } from '../http1/framing.ts';
import { IDEMPOTENT } from '../http1/methods.ts';
import type { RequestHead } from '../http1/request.ts';
import type { ResponseHead } from '../http1/response.ts';
import { proxyProblem } from '../problems.ts';
import type { ProxyProblemCode } from '../problems.ts';
import { writeMessage } from '../http1/body-writer.ts';
import type { ClientConnection } from '../downstream/client-connection.ts';
import type { Context } from '../context.ts';
import type { Forward, Upstream } from '../proxy.ts';
import { interimHead, requestHead, responseHead } from '../http1/heads.ts';
import type { RouteLimits } from '../limits.ts';
import { openTunnel } from './tunnel.ts';
import type { ResponseHandler, UpstreamConnection } from '../upstream/upstream-connection.ts';

const NO_UPSTREAM = proxyProblem('no-upstream', 'This route names no upstream.');

/** How often a request that was sent may be sent again. */
const MAX_REPEATS = 2;

/** One request on its way to an instance, and the answer on its way back. */
export class Exchange implements ResponseHandler {
  readonly method: string;
  readonly #client: ClientConnection;
  readonly #request: RequestHead;
  readonly #decision: Forward;
  readonly #context: Context;
  readonly #limits: RouteLimits;
  /** By the clock, when the time for all of it is over. */
  readonly #latest: number;
  #upstream: Upstream | undefined;
  #connection: UpstreamConnection | undefined;
  /** What has come of the body and may have to be sent, or sent again. */
  #parts: readonly Buffer[];
  /** The trailers, once the request has come whole. */
  #end: string | undefined;
  #isSent = false;
  /** An instance is being tried. */
  #isTrying = false;
  #mayRepeat = false;
  #repeats = 0;
  hasBegunAnswer = false;
  #isLast = false;
  #isAnswerChunked = false;
  /** An instance that does not take the body; otherwise, it is the client that does not send it. */
  #isBlocked = false;

  constructor(client: ClientConnection, request: RequestHead, decision: Forward, context: Context) {
    this.method = request.method;
    this.#client = client;
    this.#request = request;
    this.#decision = decision;
    this.#context = context;
    this.#limits = decision.limits ?? context.limits;
    this.#latest = context.clock.after(this.#limits.totalMs);
    this.#parts = [];
  }

  /**
   * @param parts what has come of the body already
   * @param end the trailers, if that is all
   */
  start(parts: readonly Buffer[], end: string | undefined): void {
    this.#parts = parts;
    this.#end = end;
    this.#tryNext(undefined);
  }

  /** More of the body. */
  body(parts: readonly Buffer[], end: string | undefined): void {
    this.#end = end;
    const connection = this.#connection;
    if (connection === undefined || !this.#isSent) {
      this.#parts = [...this.#parts, ...parts];
      return;
    }
    this.#mayRepeat = false;
    this.#parts = [];
    const isChunked = this.#request.length === CHUNKED;
    if (!writeMessage(connection.socket, '', parts, isChunked, end)) this.#block();
    this.#wait();
  }

  /** The client has gone: the instance need not go on. */
  abandon(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.abandon();
    this.#ended(false);
  }

  /** The client takes more of the answer. */
  clientDrained(): void {
    // Before the answer, what it takes is 1xx: they give the instance no more time.
    if (this.hasBegunAnswer) this.#wait();
    this.#connection?.socket.resume();
  }

  /** The time for what it waits for is over. */
  timedOut(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.abandon();
    const isClients = this.#end === undefined && !this.#isBlocked;
    // Once it answers, it may be the client that does not take it.
    this.#ended(!this.hasBegunAnswer && (!this.#isSent || !isClients));
    if (this.hasBegunAnswer) this.#client.cut();
    else if (this.#context.clock.now >= this.#latest) this.#tooLate();
    else if (!this.#isSent) this.#unreachable(Object.assign(new Error(), { code: 'ETIMEDOUT' }));
    else if (isClients) {
      const { requestBodyMs } = this.#limits;
      this.#client.answer(
        proxyProblem('request-timeout', `No more of the body arrived for ${requestBodyMs} ms.`),
      );
    } else this.#fail('upstream-timeout', `did not respond within ${this.#limits.answerMs} ms`);
  }

  onConnected(): void {
    const connection = this.#connection;
    const upstream = this.#upstream;
    if (connection === undefined || upstream === undefined) return;
    const { address, port } = upstream;
    const { current } = this.#client;
    const head = requestHead(this.#request, {
      origin: current.originLines,
      requestId: current.id,
      pseudonym: this.#context.pseudonym,
      traceparent: current.record?.trace?.traceparent,
      target: this.#decision.target,
      prefix: current.forwardedPrefix + strippedBy(this.#decision),
      authority: `${address.includes(':') ? `[${address}]` : address}:${port}`,
    });
    this.#isSent = true;
    current.record?.sent();
    this.#mayRepeat = this.#end !== undefined && IDEMPOTENT.has(this.method);
    const isChunked = this.#request.length === CHUNKED;
    const flows = writeMessage(connection.socket, head, this.#parts, isChunked, this.#end);
    if (this.#end === undefined) {
      this.#parts = [];
      if (flows) this.#client.resume();
      else this.#block();
    }
    this.#wait();
  }

  onInformational(head: ResponseHead): void {
    this.#mayRepeat = false;
    // RFC 9110 §15.2: HTTP/1.0 knows no 1xx.
    if (this.#request.minor === 0) return;
    const flows = this.#client.socket.write(interimHead(head), 'latin1');
    if (!flows) this.#connection?.socket.pause();
  }

  onUpgrade(head: ResponseHead, rest: Buffer): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    if (!this.#request.upgrades || !head.upgrades) {
      this.abandon();
      this.#fail('upstream-failed', 'switched to a protocol that was not requested');
      return;
    }
    this.#connection = undefined;
    this.#decision.answered(head.status);
    this.#client.current.record?.answered(head.status);
    this.#ended(false);
    this.#client.socket.write(interimHead(head), 'latin1');
    openTunnel(this.#client, connection, rest);
  }

  onHead(head: ResponseHead, parts: readonly Buffer[], end: string | undefined): void {
    this.hasBegunAnswer = true;
    this.#decision.answered(head.status);
    this.#client.current.record?.answered(head.status);
    this.#mayRepeat = false;
    const hasNoLength = head.length === CHUNKED || head.length === UNTIL_CLOSE;
    this.#isAnswerChunked = hasNoLength && this.#request.minor === 1;
    this.#isLast = this.#client.isLast();
    const text = responseHead(head, { isChunked: this.#isAnswerChunked, isLast: this.#isLast });
    this.#deliver(text, parts, end);
  }

  onData(parts: readonly Buffer[], end: string | undefined): void {
    this.#deliver('', parts, end);
  }

  holdsResponse(): boolean {
    return this.#client.socket.writableLength > 0;
  }

  /** Whether bytes of the request are still to be written, or may have to be again. */
  holdsBody(): boolean {
    return this.#parts.length > 0 || this.#connection?.socket.writableLength !== 0;
  }

  onDrain(): void {
    this.#isBlocked = false;
    this.#wait();
    this.#client.resume();
  }

  onError(error: Error): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#ended(!isOurFault(error));
    if (this.hasBegunAnswer) {
      // A clean end would pass half an answer off as a whole one.
      this.#client.cut();
    } else if (!this.#isSent) {
      this.#unreachable(error);
    } else if (
      this.#mayRepeat &&
      connection?.hasAnswered === false &&
      this.#repeats < MAX_REPEATS &&
      this.#decision.mayRepeat()
    ) {
      this.#repeats++;
      this.#repeat(connection, error);
    } else {
      this.#fail('upstream-failed', causeOf(error));
    }
  }

  #deliver(head: string, parts: readonly Buffer[], end: string | undefined): void {
    const { socket, current } = this.#client;
    current.record?.delivered(parts);
    const flows = writeMessage(socket, head, parts, this.#isAnswerChunked, end);
    const connection = this.#connection;
    if (end === undefined) {
      if (!flows) connection?.socket.pause();
      this.#wait();
      return;
    }
    this.#connection = undefined;
    this.#ended(false);
    // Before the client goes on, so that its next request finds the connection.
    if (this.#end === undefined) connection?.abandon();
    else connection?.giveBack();
    this.#client.finished(this.#isLast);
  }

  #tryNext(error: Error | undefined): void {
    const upstream = this.#decision.next();
    if (upstream !== undefined) this.#ask(upstream, this.#context.pools.of(upstream).take());
    else if (error === undefined) this.#client.answer(NO_UPSTREAM);
    else this.#fail('upstream-failed', causeOf(error));
  }

  #ask(upstream: Upstream, connection: UpstreamConnection): void {
    this.#isSent = false;
    this.#isTrying = true;
    this.#upstream = upstream;
    this.#connection = connection;
    const { record: account } = this.#client.current;
    if (account !== undefined) account.instance = upstream.key;
    connection.carry(this);
    if (connection.isConnected) {
      this.onConnected();
      return;
    }
    if (this.#end === undefined) this.#client.pause();
    this.#client.setDeadline(this.#limits.connectMs, this.#latest);
  }

  #ended(isFault: boolean): void {
    if (!this.#isTrying) return;
    this.#isTrying = false;
    this.#decision.ended(isFault);
  }

  /** Nothing was sent, so any method may go to another instance. */
  #unreachable(error: Error): void {
    const upstream = this.#upstream;
    if (upstream !== undefined && !isOurFault(error)) {
      this.#context.onUnreachable(
        upstream,
        codeOf(error) === 'ECONNREFUSED' ? 'refused' : 'failed',
      );
    }
    this.#tryNext(error);
  }

  /**
   * To another instance; to the same one only if it has closed a connection that had been idle, which it may
   * do at any time (RFC 9112 §9.3.1). On a new connection: one that is idle may be about to be closed too.
   */
  #repeat(connection: UpstreamConnection, error: Error): void {
    const upstream = this.#upstream;
    const another = this.#decision.next();
    if (another !== undefined) this.#ask(another, this.#context.pools.of(another).open());
    else if (upstream !== undefined && connection.isReused)
      this.#ask(upstream, connection.openAnother());
    else this.#fail('upstream-failed', causeOf(error));
  }

  #tooLate(): void {
    const detail = `No response began within the ${this.#limits.totalMs} ms that a request may take.`;
    this.#client.answer(proxyProblem('upstream-timeout', detail));
  }

  #fail(code: ProxyProblemCode, reason: string): void {
    // The address of the upstream stays inside: the detail goes to whoever asked.
    const detail = `The upstream on port ${this.#upstream?.port} ${reason}.`;
    this.#client.answer(proxyProblem(code, detail));
  }

  #block(): void {
    this.#isBlocked = true;
    this.#client.pause();
  }

  #wait(): void {
    const { answerBodyMs, answerMs, requestBodyMs } = this.#limits;
    let ms = this.#end === undefined ? requestBodyMs : answerMs;
    if (this.hasBegunAnswer) ms = answerBodyMs;
    this.#client.setDeadline(ms, this.#latest);
  }
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}

function causeOf(error: Error): string {
  const code = codeOf(error);
  return typeof code === 'string' ? `failed with ${code}` : error.message;
}

/** This machine has run out of something: no instance has to do with that. */
function isOurFault(error: Error): boolean {
  const code = codeOf(error);
  return typeof code === 'string' && OUR_FAULTS.has(code);
}

const OUR_FAULTS: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
]);

function strippedBy({ prefix, isStripped = true }: Forward): string {
  return isStripped ? prefix : '';
}
