import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors } from 'undici';
import type { Dispatcher, Pool } from 'undici';
import type { Problem } from '../problem.ts';
import type { Decision, EngineOptions, Upstream } from './engine.ts';
import { requestHeaders, responseHeaders } from './headers.ts';

interface Surroundings {
  readonly poolOf: (upstream: Upstream) => Pool;
  readonly onUnreachable: EngineOptions['onUnreachable'];
  readonly fail: (problem: Problem) => void;
  /** What stands for this gateway in Via. */
  readonly pseudonym: string;
  readonly isClosing: () => boolean;
}

/** One request on its way to an instance, and the answer on its way back. */
export class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #decision: Extract<Decision, { type: 'forward' }>;
  readonly #surroundings: Surroundings;
  #controller: Dispatcher.DispatchController | undefined;
  #clientIsGone = false;
  /** The answer is complete as far as the client goes; what the instance still does is of no account. */
  #isDone = false;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    decision: Extract<Decision, { type: 'forward' }>,
    surroundings: Surroundings,
  ) {
    this.#request = request;
    this.#response = response;
    this.#decision = decision;
    this.#surroundings = surroundings;
  }

  start(): void {
    this.#response.on('close', () => {
      if (this.#response.writableFinished) return;
      this.#clientIsGone = true;
      this.#controller?.abort(new Error('the client is gone'));
    });
    this.#response.on('drain', () => this.#controller?.resume());
    const first = this.#decision.next();
    if (first !== undefined) this.#try(first);
    else this.#surroundings.fail({ code: 'no-instance', detail: 'No instance is there.' });
  }

  #try(upstream: Upstream): void {
    let started = false;
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (controller) => {
        started = true;
        this.#controller = controller;
        if (this.#clientIsGone) controller.abort(new Error('the client is gone'));
      },
      onResponseStart: (controller, status, _headers, message) => {
        this.#head(controller, upstream, status, message);
      },
      onResponseData: (controller, chunk) => {
        if (!this.#isDone && !this.#response.write(chunk)) controller.pause();
      },
      onResponseEnd: () => {
        if (!this.#isDone) this.#response.end();
      },
      onResponseError: (_controller, error) => {
        if (this.#clientIsGone || this.#isDone) return;
        if (isOurFault(error)) {
          this.#surroundings.fail({ code: 'bad-request', detail: error.message });
          return;
        }
        if (!started) this.#surroundings.onUnreachable(upstream, verdictOf(error));
        // Without a connection no byte of the request was sent, so any method may go to another instance.
        const next = started ? undefined : this.#decision.next();
        if (next === undefined) this.#surroundings.fail(problemOf(error, upstream));
        else this.#try(next);
      },
    };
    this.#surroundings.poolOf(upstream).dispatch(this.#options(), handler);
  }

  #options(): Dispatcher.DispatchOptions {
    const request = this.#request;
    return {
      method: request.method as Dispatcher.HttpMethod,
      path: this.#decision.target,
      body: hasBody(request) ? request : null,
      headers: requestHeaders(request.rawHeaders, {
        clientAddress: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
        localPort: request.socket.localPort ?? 0,
        protocol: 'http',
        prefix: this.#decision.prefix,
        pseudonym: this.#surroundings.pseudonym,
      }),
    };
  }

  #head(
    controller: Dispatcher.DispatchController,
    upstream: Upstream,
    status: number,
    message = '',
  ): void {
    // 1xx: node:http has answered Expect itself; nothing else of them is of use to a client here.
    if (status < 200) return;
    const headers = responseHeaders(textOf(controller.rawHeaders), status);
    // An answer that came early: what is left of the body has nobody to read it, and nothing may follow it.
    const isEarly = hasBody(this.#request) && !this.#request.complete;
    if (isEarly || this.#surroundings.isClosing()) headers.push('connection', 'close');
    try {
      this.#response.writeHead(status, isReason(message) ? message : STATUS_CODES[status], headers);
    } catch {
      // Something in its head that may not be passed on.
      this.#isDone = true;
      controller.abort(new Error('the head of the answer is not valid'));
      const detail = `The instance on port ${upstream.port} answered with a head that is not valid`;
      this.#surroundings.fail({ code: 'upstream-failed', detail });
      return;
    }
    if (!BODILESS.has(status)) return;
    // A 304 may name the length that a 200 would have (RFC 9110 §8.6), which undici takes for a promise.
    this.#isDone = true;
    this.#response.end();
  }
}

/** RFC 9112 §6.3: they end with their head. */
const BODILESS: ReadonlySet<number> = new Set([204, 304]);

/** RFC 9112 §4: tab, space, visible characters and, for what it is worth, the upper half of Latin-1. */
function isReason(text: string): boolean {
  return text !== '' && /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

/** RFC 9112 §6.3: a request without either field has no body, whatever its method. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function textOf(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  return Array.isArray(raw) ? raw.map((each) => each.toString('latin1')) : [];
}

function verdictOf(error: Error): 'refused' | 'failed' {
  return 'code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'failed';
}

/** undici has looked at the request and will not send it: no instance has to do with that. */
function isOurFault(error: Error): boolean {
  return error instanceof errors.InvalidArgumentError || error instanceof errors.NotSupportedError;
}

const TIMEOUTS: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

function problemOf(error: Error, upstream: Upstream): Problem {
  // A parser error has a code that is undefined.
  const cause = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  const code = TIMEOUTS.has(cause) ? 'upstream-timeout' : 'upstream-failed';
  // The instance's address stays inside: the detail goes to whoever asked.
  return { code, detail: `The instance on port ${upstream.port} failed: ${cause}` };
}
