import { RULES } from '../table/rules.ts';

/** For the name of the gateway, and the names of the fields. */
const NAME_BYTES = 100;

/** The instances that a gateway is to report to the others, as many at a time as an event holds: many may fail at once. */
export class Findings {
  readonly #keys = new Set<string>();
  #dueAt = -Infinity;

  add(key: string): void {
    this.#keys.add(key);
  }

  /** Removes and returns the keys to report now, as many as an event holds: none until a report is due. */
  take(now: number, maxBytes: number): string[] {
    if (now < this.#dueAt || this.#keys.size === 0) return [];
    this.#dueAt = now + RULES.reportEveryMs;
    const taken: string[] = [];
    let room = maxBytes - NAME_BYTES;
    for (const key of this.#keys) {
      room -= JSON.stringify(key).length + 1;
      if (room < 0) break;
      taken.push(key);
      this.#keys.delete(key);
    }
    return taken;
  }

  /** They cannot be reported any more. */
  clear(): void {
    this.#keys.clear();
  }
}
