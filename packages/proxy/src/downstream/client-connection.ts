import type { Duplex } from 'node:stream';
import { bodyReader } from '../http1/body-reader.ts';
import type { BodyReader } from '../http1/framing.ts';
import { passedTrailers } from '../http1/fields.ts';
import { HeadReader } from '../http1/head-reader.ts';
import { canBeginRequest, RequestParser } from '../http1/request.ts';
import type { RequestHead } from '../http1/request.ts';
import { escapesPrefix } from '../http1/target.ts';
import { bodyTooLarge, headTooLarge, proxyProblem } from '../problems.ts';
import type { Problem } from '../problems.ts';
import { JOIN_BYTES } from '../http1/body-writer.ts';
import type { Context } from '../context.ts';
import { CurrentRequest } from './current-request.ts';
import { DirectSocket } from '../direct-read.ts';
import { needsDrain } from '../direct-write.ts';
import { refused } from '../proxy.ts';
import type { ClientSocket, Decision } from '../proxy.ts';
import { Exchange } from '../exchange/exchange.ts';
import { isLoop } from '../http1/heads.ts';
import { ForwardedFields, peerOf } from './forwarded-fields.ts';
import type { TunnelEnd } from '../exchange/tunnel.ts';

/** What nginx gives a client that goes on sending without a pause (lingering_timeout). */
const LINGER_MS = 5000;

const NO_PARTS: readonly Buffer[] = [];

/** One connection of a client: its requests one after the other, each answered before the next is looked at. */
export class ClientConnection {
  readonly socket: ClientSocket;
  readonly current: CurrentRequest;
  readonly #raw: Duplex;
  readonly #context: Context;
  readonly #heads: HeadReader;
  readonly #parser = new RequestParser();
  #state: 'between' | 'exchange' | 'tunnel' | 'lingering' = 'between';
  /** What came before its turn. */
  #held: Buffer | undefined;
  /** The body that is being read; none once it is whole. */
  #body: BodyReader | undefined;
  #bodyBytes = 0;
  #maxBodyBytes = Infinity;
  #exchange: Exchange | undefined;
  #tunnel: TunnelEnd | undefined;
  #deadline = Infinity;
  #isPaused = false;
  #isAdvancing = false;

  /** @param raw what carries it: itself, or the connection under a secure one */
  constructor(socket: ClientSocket, raw: Duplex, context: Context) {
    this.socket = socket;
    this.#raw = raw;
    this.#context = context;
    this.#heads = new HeadReader(context.limits.headBytes, canBeginRequest, true);
    this.setDeadline(context.limits.idleMs);
    this.current = new CurrentRequest(
      new ForwardedFields(peerOf(socket), context.isTrustedProxy),
      context,
    );
    if (socket instanceof DirectSocket) socket.onBytes = (bytes) => this.#read(bytes);
    else socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('drain', () => this.#drained());
    socket.on('end', () => this.#ended());
    socket.on('error', () => {});
    socket.on('close', () => this.#closed());
  }

  /** Whether the answer that is about to be written ends the connection (RFC 9112 §9.6). */
  isLast(): boolean {
    const persists = this.current.persists && !this.#context.isClosing;
    // The rest of a request that is answered before it has come would stand before the next one.
    return !persists || this.#body !== undefined;
  }

  /** The answer is written. */
  finished(isLast: boolean): void {
    this.#exchange = undefined;
    this.current.end(true);
    if (isLast || this.#context.isClosing) {
      this.#close(this.#body === undefined);
      return;
    }
    this.#state = 'between';
    this.setDeadline(this.#context.limits.idleMs);
    this.#advance();
  }

  /** Answers in place of an instance. */
  answer(problem: Problem): void {
    const isLast = this.isLast();
    this.socket.write(this.current.problemAnswer(problem, isLast));
    this.finished(isLast);
  }

  /** Ends the connection so that the client sees that its answer is not whole. */
  cut(): void {
    // A FIN would be a clean end of an answer that ends with the connection, so it has to be a reset. The
    // method for it, resetAndDestroy, waits until all is written, and sends a FIN first; so what it sets is
    // set here. Once a FIN is on its way, the system refuses a reset.
    if (!this.socket.writableEnded) Object.assign(this.#raw, { resetAndClosing: true });
    this.socket.destroy();
  }

  /** From here on bytes go to the tunnel, with what came behind the request. */
  tunnel(end: TunnelEnd): void {
    this.#state = 'tunnel';
    this.#exchange = undefined;
    this.#tunnel = end;
    this.#deadline = Infinity;
    const held = this.#takeHeld();
    if (held !== undefined) end.onData(held);
    if (this.#context.isClosing) end.leave();
    this.resume();
  }

  /** The other end of the tunnel has gone: the client has a while to take what is left. */
  tunnelClosed(): void {
    this.#tunnel = undefined;
    this.#close(true);
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.socket.resume();
  }

  /**
   * How long what it waits for may take, from now.
   * @param latest by the clock, when its time is over in any case
   */
  setDeadline(ms: number, latest: number = Infinity): void {
    this.#deadline = Math.min(this.#context.clock.after(ms), latest);
  }

  check(now: number): void {
    if (now < this.#deadline) return;
    this.#deadline = Infinity;
    if (this.#exchange !== undefined) this.#exchange.timedOut();
    else if (this.#state === 'between' && this.#heads.hasBegun) {
      this.answer(
        proxyProblem(
          'request-timeout',
          `The request head was not complete within ${this.#context.limits.headMs} ms.`,
        ),
      );
    } else this.socket.destroy();
  }

  /** Closes if nothing is being answered; otherwise, the answer will be the last. Who is at the ends of a tunnel is told. */
  leave(): void {
    if (this.#state === 'between') this.#close(true);
    this.#tunnel?.leave();
  }

  /** A head becomes text at once. All else is copied, but what is large of a body. */
  #read(bytes: Buffer): boolean {
    if (this.#state === 'between' && this.#held === undefined) this.#advance(bytes);
    else if (this.#state === 'between') this.#hold(bytes);
    else if (this.#state === 'tunnel') this.#tunnel?.onData(Buffer.from(bytes));
    else if (this.#state === 'exchange') {
      if (this.#body !== undefined) {
        const exchange = this.#exchange;
        this.#readBody(this.#body, bytes.length > JOIN_BYTES ? bytes : Buffer.from(bytes));
        return exchange?.holdsBody() === true;
      }
      this.#hold(bytes);
      this.pause();
    }
    return false;
  }

  #hold(bytes: Buffer): void {
    this.#held = this.#held === undefined ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes]);
  }

  #takeHeld(): Buffer | undefined {
    const held = this.#held;
    this.#held = undefined;
    return held;
  }

  /** Takes up what has come. Not by recursion: one read may bring thousands of requests, each answered at once. */
  #advance(come?: Buffer): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    let next = come ?? this.#takeHeld();
    while (next !== undefined) {
      // A client that asks and does not read the answers has to wait.
      if (needsDrain(this.socket)) {
        this.#hold(next);
        break;
      }
      this.#readHead(next);
      next = this.#state === 'between' ? this.#takeHeld() : undefined;
    }
    this.#isAdvancing = false;
    if (this.#state !== 'between') return;
    if (this.#held === undefined) this.resume();
    else this.pause();
  }

  #readHead(bytes: Buffer): void {
    const hadBegun = this.#heads.hasBegun;
    const read = this.#heads.read(bytes);
    if (typeof read === 'object') {
      const request = this.#parser.parse(read.head);
      if (request.ok) this.#begin(request, read.rest);
      else this.#refuse(request.problem);
    } else if (read === 'more') {
      // Of the whole head, not of each byte.
      if (!hadBegun && this.#heads.hasBegun) this.setDeadline(this.#context.limits.headMs);
    } else if (read === 'garbage') {
      this.#refuse(proxyProblem('bad-request', 'The request is not valid HTTP/1.1.'));
    } else {
      this.#refuse(headTooLarge(read === 'long-line', this.#context.limits.headBytes));
    }
  }

  #begin(request: RequestHead, come: Buffer): void {
    this.#state = 'exchange';
    this.current.begin(request);
    const rest = come.length === 0 ? come : Buffer.from(come);
    let parts = NO_PARTS;
    let end: string | undefined = '';
    let used = 0;
    if (request.length !== 0) {
      const body = bodyReader(request.length, this.#context.limits.headBytes);
      const content: Buffer[] = [];
      used = body.read(rest, 0, content);
      if (body.fault !== undefined) {
        this.#refuse(proxyProblem('bad-request', `The body is malformed: ${body.fault}.`));
        return;
      }
      parts = content;
      this.current.record?.received(parts);
      end = body.isDone ? passedTrailers(body.trailers) : undefined;
      this.#body = body.isDone ? undefined : body;
      this.#bodyBytes = used;
    }
    if (used < rest.length) this.#hold(used === 0 ? rest : rest.subarray(used));
    const decision = this.#decide(request);
    const { record: account } = this.current;
    if (account !== undefined) account.prefix = decision.prefix;
    if (decision.type === 'answer') {
      this.answer(decision.problem);
      return;
    }
    this.#exchange = new Exchange(this, request, decision, this.#context);
    this.#exchange.start(parts, end);
  }

  #decide(request: RequestHead): Decision {
    const { decide, limits, pseudonym } = this.#context;
    if (request.via !== '' && isLoop(request.via, pseudonym)) {
      return refused(
        proxyProblem('loop', 'Its Via field shows that it has passed through this proxy before.'),
      );
    }
    const decision = decide(request.host, request.target, this.current);
    if (decision.type === 'answer') return decision;
    const { prefix, isStripped = true } = decision;
    if (escapesPrefix(isStripped ? decision.target : decision.target.slice(prefix.length)))
      return refused(
        proxyProblem(
          'path-escapes-route',
          `The path leaves the prefix ${prefix || '/'} after \`..\` is resolved.`,
        ),
        prefix,
      );
    const { bodyBytes } = decision.limits ?? limits;
    this.#maxBodyBytes = bodyBytes;
    if (request.length !== 0 && Math.max(request.length, this.#bodyBytes) > bodyBytes) {
      return refused(bodyTooLarge(bodyBytes), prefix);
    }
    return decision;
  }

  #readBody(body: BodyReader, bytes: Buffer): void {
    const parts: Buffer[] = [];
    const used = body.read(bytes, 0, parts);
    this.#bodyBytes += used;
    this.current.record?.received(parts);
    if (body.fault !== undefined) {
      this.#spoil(proxyProblem('bad-request', `The body is malformed: ${body.fault}.`));
      return;
    }
    if (this.#bodyBytes > this.#maxBodyBytes) {
      this.#spoil(bodyTooLarge(this.#maxBodyBytes));
      return;
    }
    if (body.isDone) {
      this.#body = undefined;
      if (used < bytes.length) {
        this.#hold(bytes.subarray(used));
        this.pause();
      }
    }
    this.#exchange?.body(parts, body.isDone ? passedTrailers(body.trailers) : undefined);
  }

  /** The request turned out bad when part of it was forwarded. */
  #spoil(problem: Problem): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.abandon();
    if (exchange?.hasBegunAnswer === true) this.cut();
    else this.#refuse(problem);
  }

  /** Answers what cannot be read on: nobody knows where the next request would begin. */
  #refuse(problem: Problem): void {
    this.socket.write(this.current.problemAnswer(problem, true));
    this.current.end(true);
    this.#close(false);
  }

  #closed(): void {
    this.#exchange?.abandon();
    this.current.end(false);
  }

  /**
   * Closing at once would have bytes that were not read answered with a reset, which takes away the answer
   * that the client has not read yet. So our side is closed, and what comes is dropped for a while (RFC 9112 §9.6).
   */
  #close(isRead: boolean): void {
    this.#state = 'lingering';
    this.setDeadline(this.#context.limits.answerBodyMs);
    if (isRead && this.#held === undefined) {
      this.socket.destroySoon();
      return;
    }
    this.#held = undefined;
    this.socket.end(() => this.setDeadline(LINGER_MS));
    this.resume();
  }

  #drained(): void {
    if (this.#tunnel !== undefined) this.#tunnel.onDrain();
    else if (this.#exchange !== undefined) this.#exchange.clientDrained();
    else if (this.#state === 'between') this.#advance();
  }

  /** A client that ends its side has left, as for nginx: there is no telling it from one that only asks no more. */
  #ended(): void {
    if (this.#state === 'tunnel') this.#tunnel?.onEnd();
    else if (this.#state === 'between') this.socket.destroySoon();
    else if (this.#state === 'exchange') this.socket.destroy();
  }
}
