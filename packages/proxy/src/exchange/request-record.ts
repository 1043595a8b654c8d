import { sizeOf } from '../message.ts';
import type { RequestHead } from '../message.ts';
import type { RequestSummary, Trace } from '../proxy.ts';

/** What is recorded of one request on its way, for `onRequestEnd`. */
export class RequestRecord implements RequestSummary {
  readonly httpVersion: RequestHead['version'];
  readonly method: string;
  readonly host: string;
  readonly target: string;
  readonly client: string;
  readonly requestId: string;
  readonly traceparent: string | undefined;
  /** What `onRequestStart` has returned. */
  trace: Trace | undefined;
  route: string | undefined;
  instance: string | undefined;
  status: number = 0;
  isAborted: boolean = false;
  problem: string | undefined;
  filter: string | undefined;
  consumer: string | undefined;
  ms: number = 0;
  upstreamMs: number | undefined;
  requestBytes: number = 0;
  responseBytes: number = 0;
  transformedBytes: number = 0;
  readonly #begunAt = performance.now();
  #sentAt = 0;

  constructor(request: RequestHead, client: string, requestId: string) {
    this.httpVersion = request.version;
    this.method = request.method;
    this.host = request.host;
    this.target = request.target;
    this.traceparent = validTraceparent(request.traceparent);
    this.client = client;
    this.requestId = requestId;
  }

  received(parts: readonly Buffer[]): void {
    this.requestBytes += sizeOf(parts);
  }

  delivered(parts: readonly Buffer[]): void {
    this.responseBytes += sizeOf(parts);
  }

  /** What came of a body that filters transform. */
  transformed(parts: readonly Buffer[]): void {
    this.transformedBytes += sizeOf(parts);
  }

  sent(): void {
    this.#sentAt = performance.now();
  }

  /** The head of the upstream's response has come. */
  responded(status: number): void {
    this.status = status;
    this.upstreamMs = performance.now() - this.#sentAt;
  }

  /** @param isComplete the response was sent to its end */
  ended(isComplete: boolean): void {
    this.ms = performance.now() - this.#begunAt;
    if (isComplete || this.status === SWITCHED) return;
    if (this.status === 0) this.status = CLIENT_LEFT;
    else this.isAborted = true;
  }
}

const SWITCHED = 101;
/** As nginx has it. */
const CLIENT_LEFT = 499;

// https://www.w3.org/TR/trace-context/#traceparent-header: later versions may go on behind a hyphen.
const TRACEPARENT =
  /^(?:00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}|(?!00|ff)[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?)$/;
const ZERO_ID = /^..-0{32}-|^..-.{32}-0{16}-/;

function validTraceparent(value: string): string | undefined {
  if (!TRACEPARENT.test(value) || ZERO_ID.test(value)) return undefined;
  return value;
}
