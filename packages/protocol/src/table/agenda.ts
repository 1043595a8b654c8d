const BUCKET_MS = 50;

/**
 * Which keys are due when: a hash of buckets of 50 ms, so that adding a key costs the same however many
 * there are. A key may be in several buckets; the caller checks whether anything is still due for it.
 */
export class Agenda {
  readonly #buckets = new Map<number, Set<string>>();
  #next = 0;

  add(at: number, key: string): void {
    if (at === Infinity) return;
    const bucket = Math.max(Math.ceil(at / BUCKET_MS), this.#next);
    const keys = this.#buckets.get(bucket);
    if (keys === undefined) this.#buckets.set(bucket, new Set([key]));
    else keys.add(key);
  }

  /** Removes and returns every key that is due. */
  take(now: number): string[] {
    const last = Math.floor(now / BUCKET_MS);
    const due: string[] = [];
    for (const bucket of this.#upTo(last)) {
      const keys = this.#buckets.get(bucket);
      if (keys === undefined) continue;
      this.#buckets.delete(bucket);
      for (const key of keys) due.push(key);
    }
    this.#next = Math.max(this.#next, last + 1);
    return due;
  }

  /** After a long sleep there are fewer buckets than intervals that passed, so only the buckets are visited. */
  *#upTo(last: number): Iterable<number> {
    if (last - this.#next > this.#buckets.size) {
      const passed = [...this.#buckets.keys()].filter((bucket) => bucket <= last);
      yield* passed.toSorted((a, b) => a - b);
      return;
    }
    for (let bucket = this.#next; bucket <= last; bucket++) yield bucket;
  }
}
