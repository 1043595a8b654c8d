import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { errors } from 'undici';
import type { Dispatcher } from 'undici';
import type { Problem } from '../problem.ts';
import type { Decision, EngineOptions, Upstream } from './engine.ts';
import { hasBody, mayBeEarly } from './early-answer.ts';
import { requestHeaders, responseHeaders } from './headers.ts';

interface Surroundings {
  readonly poolOf: (upstream: Upstream) => Pick<Dispatcher, 'dispatch'>;
  readonly pseudonym: string;
  readonly onUnreachable: EngineOptions['onUnreachable'];
  readonly fail: (problem: Problem) => void;
}

/** One request on its way to an instance, and the answer on its way back. */
export class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #decision: Extract<Decision, { type: 'forward' }>;
  readonly #surroundings: Surroundings;
  /** undici destroys what it was given once the exchange is over; the request must live on, to be read to its end. */
  readonly #body: PassThrough | null;
  #controller: Dispatcher.DispatchController | undefined;
  #clientIsGone = false;
  /** The client has its whole answer: what the instance still does is no longer of interest. */
  #isAnswered = false;

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
    this.#body = hasBody(request) ? request.pipe(new PassThrough()) : null;
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
      // undici takes whatever is thrown from here on for an error of the exchange: onResponseError answers it.
      onResponseStart: (controller, status, _headers, message) =>
        this.#head(controller, status, message),
      onResponseData: (controller, chunk) => {
        if (!this.#response.write(chunk)) controller.pause();
      },
      onResponseEnd: () => void this.#response.end(),
      onResponseError: (_controller, error) => {
        if (this.#clientIsGone || this.#isAnswered) return;
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
      body: this.#body,
      headers: requestHeaders(request.rawHeaders, {
        clientAddress: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
        localPort: request.socket.localPort ?? 0,
        protocol: 'http',
        httpVersion: request.httpVersion,
        pseudonym: this.#surroundings.pseudonym,
        prefix: this.#decision.prefix,
      }),
    };
  }

  #head(
    controller: Dispatcher.DispatchController,
    status: number,
    message: string | undefined,
  ): void {
    // 1xx: node:http has answered Expect itself; nothing else of them is of use to a client here.
    if (status < 200) return;
    mayBeEarly(this.#request, this.#response);
    const reason = message !== undefined && LEGAL_REASON.test(message) ? message : undefined;
    this.#response.writeHead(
      status,
      reason,
      responseHeaders(textOf(controller.rawHeaders), status),
    );
    // RFC 9112 §6.3: these end with the head. undici misses the body that a Content-Length, which a 304
    // may have (RFC 9110 §8.6), seems to promise, and ends the exchange with an error.
    if (status !== 204 && status !== 304) return;
    this.#isAnswered = true;
    this.#response.end();
  }
}

/** RFC 9112 §4, less obs-text: undici has read it as UTF-8, and its bytes are lost. */
const LEGAL_REASON = /^[\t\x20-\x7e]*$/;

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
