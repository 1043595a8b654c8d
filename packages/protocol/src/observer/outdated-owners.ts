import type { Table } from '../table/table.ts';
import type { Announcement } from '../wire/announcement-types.ts';
import { EVENT_BYTES, tableMessages } from '../wire/messages.ts';
import type { Message } from '../wire/messages.ts';
import { RULES } from '../table/rules.ts';
import { instanceKey, versionOf } from '../wire/statement.ts';
import type { Statement } from '../wire/statement.ts';

interface Correction {
  readonly announcement: Announcement;
  /** The owner is in its presence channel, so it can be corrected again. */
  readonly isPresent: boolean;
  /** When to correct it again. */
  readonly dueAt: number;
  /** How long the observer waited for that. */
  readonly waitMs: number;
}

/** Further owners are corrected once each. */
const MAX_REMEMBERED = 1000;

/**
 * Owners that publish as a run which is over, because their clock was set back since. The observer sends such
 * an owner what the table holds, so that it continues as a later run. Only an owner in its presence channel
 * receives that. Since the message may be lost, it is repeated until the owner publishes as a later run.
 */
export class OutdatedOwners {
  readonly #table: Table;
  readonly #nonce: () => string;
  readonly #corrections = new Map<string, Correction>();

  constructor(table: Table, nonce: () => string) {
    this.#table = table;
    this.#nonce = nonce;
  }

  /** An owner has published: returns what to send it, which is nothing unless its run is over. */
  check(announcement: Announcement, isPresent: boolean, now: number): Message[] {
    const version = versionOf(announcement);
    if (version === undefined || announcement.ttl !== undefined) return [];
    if (this.#laterThan(announcement) === undefined) {
      this.#corrections.delete(version.id);
      return [];
    }
    const last = this.#corrections.get(version.id);
    const hasJoined = isPresent && last?.isPresent === false;
    if (last !== undefined && now < last.dueAt && !hasJoined) return [];
    return this.#correct(version.id, announcement, isPresent, now);
  }

  /** Time has passed: returns the corrections that are to be repeated. */
  due(now: number): Message[] {
    const messages: Message[] = [];
    for (const [id, { announcement, dueAt, isPresent }] of this.#corrections) {
      if (now < dueAt) continue;
      if (isPresent) messages.push(...this.#correct(id, announcement, true, now));
      else this.#corrections.delete(id);
    }
    return messages;
  }

  /** A run is no longer in its presence channel. */
  departed(id: string, inc: number): void {
    if (this.#corrections.get(id)?.announcement.inc === inc) this.#corrections.delete(id);
  }

  /** Owners cannot be reached any more. */
  clear(): void {
    this.#corrections.clear();
  }

  #correct(id: string, announcement: Announcement, isPresent: boolean, now: number): Message[] {
    const held = this.#laterThan(announcement);
    const waited = this.#corrections.get(id)?.waitMs;
    this.#corrections.delete(id);
    if (held === undefined) return [];
    const waitMs =
      waited === undefined ? RULES.correctMs : Math.min(waited * 2, RULES.maxCorrectMs);
    if (this.#corrections.size < MAX_REMEMBERED)
      this.#corrections.set(id, { announcement, isPresent, dueAt: now + waitMs, waitMs });
    const messages = tableMessages(this.#nonce(), [held], EVENT_BYTES.sealed);
    return messages.map((message) => ({ ...message, to: { id } }));
  }

  /** What the table holds of an instance, if it shows that the run which announced this is over. */
  #laterThan(announcement: Announcement): Statement | undefined {
    const held = this.#table.statementOf(instanceKey(announcement));
    const inc = announcement.inc ?? 0;
    const heldInc = held?.announcement.inc ?? 0;
    return heldInc > inc || (heldInc === inc && held?.left === true) ? held : undefined;
  }
}
