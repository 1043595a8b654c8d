import { hashOf } from '../hash.ts';

/** A key of a part, and its value; `null` is one that is there no more. */
export type Entry = readonly [key: string, value: string | number | null];

/** What one node says of its own clients, by key. */
export class Part {
  readonly #entries = new Map<string, string | number>();
  /** Of all entries, in any order. Two parts with other entries have other digests, nearly always. */
  digest = 0;

  get(key: string): string | number | undefined {
    return this.#entries.get(key);
  }

  entries(): IterableIterator<[string, string | number]> {
    return this.#entries.entries();
  }

  /** Sets an entry. Returns whether it was another one. */
  set(key: string, value: string | number | null): boolean {
    const before = this.#entries.get(key);
    if (before === (value ?? undefined)) return false;
    if (before !== undefined) this.digest = (this.digest - hashOf(key, String(before))) | 0;
    if (value === null) {
      this.#entries.delete(key);
    } else {
      this.#entries.set(key, value);
      this.digest = (this.digest + hashOf(key, String(value))) | 0;
    }
    return true;
  }
}
