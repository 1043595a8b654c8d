import type { RequestFacts } from '../http1/write-request.ts';
import { DONE, NO_PARTS, sizeOf } from '../message.ts';
import type { BodyEnd, RequestHead, ResponseHead } from '../message.ts';
import type { ResponseHandler } from '../upstream/response-handler.ts';
import type { UpstreamStream } from '../upstream/upstream-stream.ts';

/** What is read of a response so that its connection can be used again. Of a larger one the connection is closed. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

/** A copy as it is sent, beside its body. */
export interface CopiedHead {
  readonly head: RequestHead;
  readonly facts: RequestFacts;
}

/** A copy with all of its body. */
interface CompleteCopy extends CopiedHead {
  readonly body: Buffer;
  /** By the clock, when the response must have ended. */
  readonly deadline: number;
}

/** A copy on its way to an upstream: one attempt, whose response is read and dropped. */
export class MirroredRequest implements ResponseHandler {
  readonly method: string;
  readonly #copy: CompleteCopy;
  readonly #onEnd: (status: number | undefined) => void;
  #connection: UpstreamStream | undefined;
  #status: number | undefined;
  #responseBytes = 0;

  /** @param onEnd called once, with the status of a response that has come in time */
  constructor(copy: CompleteCopy, onEnd: (status: number | undefined) => void) {
    this.method = copy.head.method;
    this.#copy = copy;
    this.#onEnd = onEnd;
  }

  start(connection: UpstreamStream): void {
    this.#connection = connection;
    connection.carry(this);
    if (connection.isConnected) this.onConnected();
  }

  /** Ends it if it takes too long. @param now by the clock */
  check(now: number): void {
    if (now >= this.#copy.deadline) this.#breakOff(undefined);
  }

  onConnected(): void {
    const { head, facts, body } = this.#copy;
    this.#connection?.send(head, facts, body.length === 0 ? NO_PARTS : [body], DONE);
  }

  onInformational(): void {}

  /** It has asked for none. */
  onUpgrade(): void {
    this.#breakOff(undefined);
  }

  onHead({ status }: ResponseHead, parts: readonly Buffer[], end: BodyEnd): void {
    this.#status = status;
    this.onData(parts, end);
  }

  onData(parts: readonly Buffer[], end: BodyEnd): void {
    this.#responseBytes += sizeOf(parts);
    if (end.done) this.#end(this.#status)?.giveBack();
    else if (this.#responseBytes > MAX_RESPONSE_BYTES) this.#breakOff(this.#status);
  }

  holdsResponse(): boolean {
    return false;
  }

  onDrain(): void {}

  onError(): void {
    this.#end(undefined);
  }

  #breakOff(status: number | undefined): void {
    this.#end(status)?.abandon();
  }

  /** @returns the connection, unless it was over before */
  #end(status: number | undefined): UpstreamStream | undefined {
    const connection = this.#connection;
    if (connection === undefined) return undefined;
    this.#connection = undefined;
    this.#onEnd(status);
    return connection;
  }
}
