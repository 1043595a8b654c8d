import { instanceKey, Ownership } from '@rollcall/protocol';
import type { Announcement, Refusal, Statement } from '@rollcall/protocol';
import type { OwnershipConfig } from '../observer/discover-options.ts';
import { isSignedBy } from './ed25519.ts';

/** `setTimeout` takes no longer time. */
const MAX_WAIT_MS = 2 ** 31 - 1;
/** More instances are not reported. */
const MAX_REPORTED = 10_000;

export interface JudgeOptions extends OwnershipConfig {
  /** The name of the registry's channel. */
  readonly registry: string;
  readonly verified: WeakSet<Announcement>;
  /** An announcement is accepted that would be refused if ownership was enforced. It is called once for an instance. */
  readonly onUnproven: (refusal: Refusal) => void;
  /** A key has expired: what it announced has to be judged again. */
  readonly onExpired: () => void;
}

/** Judges statements by the owners of their prefixes, with the clock of this machine and Node's cryptography. */
export class Judge {
  readonly #options: JudgeOptions;
  readonly #ownership: Ownership;
  readonly #reported = new Set<string>();
  /** Why announcements would be refused that were accepted. */
  readonly #unproven = new WeakMap<Announcement, Refusal>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: JudgeOptions) {
    this.#options = options;
    this.#ownership = new Ownership({ ...options, verify: isSignedBy, now: Date.now });
    this.#waitForExpiry();
  }

  /** Returns why a statement is refused, or undefined if it is accepted. */
  refusal(statement: Statement, held?: Statement): Refusal | undefined {
    const refusal = this.#ownership.refusal(statement, held);
    if (refusal === undefined || this.#options.mode === 'enforce') return refusal;
    this.#unproven.set(statement.announcement, refusal);
    const key = `${refusal.code} ${instanceKey(statement.announcement)}`;
    if (!this.#reported.has(key) && this.#reported.size < MAX_REPORTED) {
      this.#reported.add(key);
      this.#options.onUnproven(refusal);
    }
    return undefined;
  }

  /** Why an accepted announcement would be refused if ownership was enforced; undefined if it would not. */
  unproven(announcement: Announcement): Refusal | undefined {
    return this.#unproven.get(announcement);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #waitForExpiry(): void {
    const wait = this.#ownership.nextExpiry() - Date.now();
    if (wait === Infinity) return;
    this.#timer = setTimeout(
      () => {
        if (wait <= MAX_WAIT_MS) this.#options.onExpired();
        this.#waitForExpiry();
      },
      Math.min(wait, MAX_WAIT_MS),
    ).unref();
  }
}
