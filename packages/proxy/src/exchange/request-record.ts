import type { RequestHead } from '../http1/request.ts';
import type { Problem } from '../problems.ts';
import type { RequestSummary, Trace } from '../proxy.ts';

/** What is noted of one request on its way, for whoever wants to be told. */
export class RequestRecord implements RequestSummary {
  readonly method: string;
  readonly host: string;
  readonly target: string;
  readonly client: string;
  readonly requestId: string;
  readonly traceparent: string | undefined;
  /** Who follows it. */
  trace: Trace | undefined;
  prefix: string | undefined;
  instance: string | undefined;
  status: number = 0;
  isCut: boolean = false;
  problem: string | undefined;
  ms: number = 0;
  upstreamMs: number | undefined;
  requestBytes: number = 0;
  responseBytes: number = 0;
  readonly #begunAt = performance.now();
  #sentAt = 0;

  /** @param request nothing if its head could not be read */
  constructor(request: RequestHead | undefined, client: string, requestId: string) {
    this.method = request?.method ?? '';
    this.host = request?.host ?? '';
    this.target = request?.target ?? '';
    this.traceparent = validTraceparent(request?.traceparent);
    this.client = client;
    this.requestId = requestId;
  }

  received(parts: readonly Buffer[]): void {
    for (const { length } of parts) this.requestBytes += length;
  }

  delivered(parts: readonly Buffer[]): void {
    for (const { length } of parts) this.responseBytes += length;
  }

  sent(): void {
    this.#sentAt = performance.now();
  }

  answered(status: number): void {
    this.status = status;
    this.upstreamMs = performance.now() - this.#sentAt;
  }

  /** @param answer the whole of it, as text */
  refused({ code, status }: Problem, answer: string): void {
    this.problem = code;
    this.status = status;
    this.responseBytes = Buffer.byteLength(answer) - answer.indexOf('\r\n\r\n') - 4;
  }

  /** @param isWhole the answer is; otherwise the connection was closed under it */
  ended(isWhole: boolean): void {
    this.ms = performance.now() - this.#begunAt;
    if (isWhole || this.status === SWITCHED) return;
    if (this.status === 0) this.status = CLIENT_LEFT;
    else this.isCut = true;
  }
}

const SWITCHED = 101;
/** As nginx has it. */
const CLIENT_LEFT = 499;

// https://www.w3.org/TR/trace-context/#traceparent-header: later versions may go on behind a hyphen.
const TRACEPARENT =
  /^(?:00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}|(?!00|ff)[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?)$/;
const ZERO_ID = /^..-0{32}-|^..-.{32}-0{16}-/;

function validTraceparent(value: string | undefined): string | undefined {
  if (value === undefined || !TRACEPARENT.test(value) || ZERO_ID.test(value)) return undefined;
  return value;
}
