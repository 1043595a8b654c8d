const BUCKET_MS = 50;

/**
 * What is due when, by key: a hash of buckets of 50 ms, so that adding costs the same however much is
 * in it. A key may stand in several buckets; whoever takes it out looks whether it is still due.
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

  /** Takes out every key whose time has come. */
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

  /** After a long sleep there are fewer buckets than ticks of the clock that were missed. */
  *#upTo(last: number): Iterable<number> {
    if (last - this.#next > this.#buckets.size) {
      const passed = [...this.#buckets.keys()].filter((bucket) => bucket <= last);
      yield* passed.toSorted((a, b) => a - b);
      return;
    }
    for (let bucket = this.#next; bucket <= last; bucket++) yield bucket;
  }
}
