import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher, Pool } from 'undici';
import type { Problem } from '../problem.ts';
import type { Decision, EngineOptions, Upstream } from './engine.ts';
import { requestHeaders, responseHeaders } from './headers.ts';

interface Surroundings {
  readonly poolOf: (upstream: Upstream) => Pool;
  readonly onUnreachable: EngineOptions['onUnreachable'];
  readonly fail: (problem: Problem) => void;
}

/** One request on its way to an instance, and the answer on its way back. */
export class Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #decision: Extract<Decision, { type: 'forward' }>;
  readonly #surroundings: Surroundings;
  #controller: Dispatcher.DispatchController | undefined;
  #clientIsGone = false;

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
    this.#tryUpstream(0);
  }

  #tryUpstream(index: number): void {
    const upstream = this.#decision.upstreams[index];
    if (upstream === undefined) return;
    let started = false;
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (controller) => {
        started = true;
        this.#controller = controller;
        if (this.#clientIsGone) controller.abort(new Error('the client is gone'));
      },
      onResponseStart: (controller, status, _headers, message) =>
        this.#head(controller, status, message),
      onResponseData: (controller, chunk) => {
        if (!this.#response.write(chunk)) controller.pause();
      },
      onResponseEnd: () => void this.#response.end(),
      onResponseError: (_controller, error) => {
        if (this.#clientIsGone) return;
        if (!started) this.#surroundings.onUnreachable(upstream, verdictOf(error));
        // Without a connection no byte of the request was sent, so any method may go to another instance.
        const isLast = index + 1 >= this.#decision.upstreams.length;
        if (started || isLast) this.#surroundings.fail(problemOf(error, upstream));
        else this.#tryUpstream(index + 1);
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
    const headers = responseHeaders(textOf(controller.rawHeaders));
    this.#response.writeHead(status, message, headers);
  }
}

/** RFC 9112 §6.3: a request without either field has no body, whatever its method. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function textOf(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  return Array.isArray(raw) ? raw.map((each) => each.toString('latin1')) : [];
}

function verdictOf(error: Error): 'refused' | 'failed' {
  return 'code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'failed';
}

const TIMEOUTS: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

function problemOf(error: Error, upstream: Upstream): Problem {
  const cause = 'code' in error ? String(error.code) : error.name;
  const code = TIMEOUTS.has(cause) ? 'upstream-timeout' : 'upstream-failed';
  // The instance's address stays inside: the detail goes to whoever asked.
  return { code, detail: `The instance on port ${upstream.port} failed: ${cause}` };
}
