import { fieldValue } from '../http/fields.ts';
import type { RequestHead } from '../http/request.ts';
import type { Problem } from '../problem.ts';
import { Account } from './account.ts';
import type { Context } from './context.ts';
import type { Asked } from './engine.ts';
import { problemAnswer } from './heads.ts';
import type { Origin } from './origin.ts';

/** What stands for a request whose head could not be read. */
const UNREAD = { method: '', fields: '', host: '', claims: '', persists: false };

/** The request that a connection is at: what may be asked about it, and what is noted of it. */
export class CurrentRequest implements Asked {
  /** Nothing unless somebody wants to be told. */
  account: Account | undefined;
  readonly #origin: Origin;
  readonly #context: Context;
  #head: RequestHead | undefined;
  #id = '';

  constructor(origin: Origin, context: Context) {
    this.#origin = origin;
    this.#context = context;
  }

  begin(head: RequestHead): void {
    this.#head = head;
    const { onExchanged, onBegun } = this.#context;
    if (onExchanged === undefined) return;
    this.account = this.#newAccount();
    this.account.trace = onBegun?.(this.account.traceparent);
  }

  get method(): string {
    return (this.#head ?? UNREAD).method;
  }

  get persists(): boolean {
    return (this.#head ?? UNREAD).persists;
  }

  get address(): string {
    return this.#origin.client(this.#head ?? UNREAD);
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
  get outerPrefix(): string {
    return this.#origin.outerPrefix(this.#head ?? UNREAD);
  }

  /** The gateway's own answer to it, as text. */
  problemAnswer(problem: Problem, isLast: boolean): string {
    const isHead = this.method === 'HEAD';
    const answer = problemAnswer(problem, { requestId: this.id, isLast, isHead });
    if (this.#context.onExchanged !== undefined) {
      this.account ??= this.#newAccount();
      this.account.refused(problem.code, answer);
    }
    return answer;
  }

  /** @param isWhole its answer was written to the end */
  end(isWhole: boolean): void {
    const { account } = this;
    this.#head = undefined;
    this.#id = '';
    this.account = undefined;
    if (account === undefined) return;
    account.ended(isWhole);
    account.trace?.ended(account);
    this.#context.onExchanged?.(account);
  }

  #newAccount(): Account {
    return new Account(this.#head, this.address, this.id);
  }
}
