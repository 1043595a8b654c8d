import { fieldValue } from '../http1/fields.ts';
import type { RequestHead } from '../http1/request.ts';
import type { Problem } from '../problems.ts';
import { RequestRecord } from '../exchange/request-record.ts';
import type { Context } from '../context.ts';
import type { RequestView } from '../proxy.ts';
import { problemAnswer } from '../http1/heads.ts';
import type { ForwardedFields } from './forwarded-fields.ts';

/** What stands for a request whose head could not be read. */
const UNREAD = { method: '', fields: '', host: '', forwardedFields: '', persists: false };

/** The request that a connection is at: what may be asked about it, and what is noted of it. */
export class CurrentRequest implements RequestView {
  /** Nothing unless somebody wants to be told. */
  record: RequestRecord | undefined;
  readonly #origin: ForwardedFields;
  readonly #context: Context;
  #head: RequestHead | undefined;
  #id = '';

  constructor(origin: ForwardedFields, context: Context) {
    this.#origin = origin;
    this.#context = context;
  }

  begin(head: RequestHead): void {
    this.#head = head;
    const { onRequestEnd: onExchanged, onRequestStart: onBegun } = this.#context;
    if (onExchanged === undefined) return;
    this.record = this.#newAccount();
    this.record.trace = onBegun?.(this.record.traceparent);
  }

  get method(): string {
    return (this.#head ?? UNREAD).method;
  }

  get persists(): boolean {
    return (this.#head ?? UNREAD).persists;
  }

  get address(): string {
    return this.#origin.clientAddress(this.#head ?? UNREAD);
  }

  field(name: string): string | undefined {
    return fieldValue((this.#head ?? UNREAD).fields, name);
  }

  /** Looked up or made when somebody first needs it. */
  get id(): string {
    if (this.#id === '') {
      this.#id = this.#origin.requestId(this.#head ?? UNREAD) ?? this.#context.requestIds.next();
    }
    return this.#id;
  }

  /** The lines that tell an instance where it comes from. */
  get originLines(): string {
    return this.#origin.lines(this.#head ?? UNREAD);
  }

  /** What was stripped from the path before it came here. */
  get forwardedPrefix(): string {
    return this.#origin.forwardedPrefix(this.#head ?? UNREAD);
  }

  /** The gateway's own answer to it, as text. */
  problemAnswer(problem: Problem, isLast: boolean): string {
    const isHead = this.method === 'HEAD';
    const answer = problemAnswer(problem, { requestId: this.id, isLast, isHead });
    if (this.#context.onRequestEnd !== undefined) {
      this.record ??= this.#newAccount();
      this.record.refused(problem, answer);
    }
    return answer;
  }

  /** @param isWhole its answer was written to the end */
  end(isWhole: boolean): void {
    const { record: account } = this;
    this.#head = undefined;
    this.#id = '';
    this.record = undefined;
    if (account === undefined) return;
    account.ended(isWhole);
    account.trace?.ended(account);
    this.#context.onRequestEnd?.(account);
  }

  #newAccount(): RequestRecord {
    return new RequestRecord(this.#head, this.address, this.id);
  }
}
