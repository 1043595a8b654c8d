import type { Statement } from '../wire/statement.ts';
import type { Agenda } from './agenda.ts';
import { RULES } from './rules.ts';

interface Tombstone {
  readonly statement: Statement;
  readonly until: number;
  /** Another observer reported it, and this table did not hold the instance. */
  readonly isHearsay: boolean;
}

/** The instances that have left, for as long as a table remembers them. Beyond a number, the oldest are forgotten. */
export class Tombstones {
  readonly #tombstones = new Map<string, Tombstone>();
  readonly #max: number;
  readonly #agenda: Agenda;

  constructor(max: number, agenda: Agenda) {
    this.#max = max;
    this.#agenda = agenda;
  }

  /** Remembers an exit for a time. Repeated hearsay does not extend it. */
  add(key: string, statement: Statement, isHearsay: boolean, now: number): void {
    const known = this.#tombstones.get(key);
    const isKnown = known?.statement.announcement.inc === statement.announcement.inc;
    const tombstone =
      known !== undefined && isKnown && isHearsay
        ? { ...known, statement }
        : { statement, until: now + RULES.tombstoneMs, isHearsay };
    this.#tombstones.delete(key);
    this.#tombstones.set(key, tombstone);
    this.#agenda.set(key, 'exit', tombstone.until);
    if (this.#tombstones.size > this.#max) this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const oldest of this.#tombstones.keys()) {
      this.delete(oldest);
      return;
    }
  }

  has(key: string): boolean {
    return this.#tombstones.has(key);
  }

  get(key: string): Statement | undefined {
    return this.#tombstones.get(key)?.statement;
  }

  /** Whether only another observer reported the exit. */
  isHearsay(key: string): boolean {
    return this.#tombstones.get(key)?.isHearsay === true;
  }

  delete(key: string): void {
    this.#tombstones.delete(key);
    this.#agenda.delete(key, 'exit');
  }

  /** Forgets the exit of an instance if its time has passed. */
  expire(key: string, now: number): void {
    const tombstone = this.#tombstones.get(key);
    if (tombstone !== undefined && tombstone.until <= now) this.delete(key);
  }

  /** The exits that are still remembered. */
  statements(now: number): Statement[] {
    const kept = [...this.#tombstones.values()].filter(({ until }) => until > now);
    return kept.map(({ statement }) => statement);
  }
}
