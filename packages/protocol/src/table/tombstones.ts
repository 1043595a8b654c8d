import type { Statement } from '../merge.ts';
import { RULES } from './rules.ts';

interface Tombstone {
  readonly statement: Statement;
  readonly until: number;
  /** Another observer told of it, and it changed nothing here. */
  readonly isHearsay: boolean;
}

/** Who has left, for as long as that is remembered. */
export class Tombstones {
  readonly #tombstones = new Map<string, Tombstone>();

  /** Returns until when it is remembered. To hear hearsay again makes nothing of it new. */
  add(key: string, statement: Statement, isHearsay: boolean, now: number): number {
    const known = this.#tombstones.get(key);
    const isKnown = known?.statement.announcement.inc === statement.announcement.inc;
    const tombstone =
      known !== undefined && isKnown && isHearsay
        ? { ...known, statement }
        : { statement, until: now + RULES.tombstone, isHearsay };
    this.#tombstones.set(key, tombstone);
    return tombstone.until;
  }

  has(key: string): boolean {
    return this.#tombstones.has(key);
  }

  get(key: string): Statement | undefined {
    return this.#tombstones.get(key)?.statement;
  }

  /** Whether it was hearsay that it has left. */
  isHearsay(key: string): boolean {
    return this.#tombstones.get(key)?.isHearsay === true;
  }

  delete(key: string): void {
    this.#tombstones.delete(key);
  }

  expire(key: string, now: number): void {
    const tombstone = this.#tombstones.get(key);
    if (tombstone !== undefined && tombstone.until <= now) this.delete(key);
  }

  statements(now: number): Statement[] {
    const kept = [...this.#tombstones.values()].filter(({ until }) => until > now);
    return kept.map(({ statement }) => statement);
  }
}
