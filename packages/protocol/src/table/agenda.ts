const BUCKET_MS = 50;

/** What may be due for a key: the end of its lease, a probe, the end of its status, the end of its exit's time. */
type Due = 'lease' | 'probe' | 'status' | 'exit';

/**
 * What is due when: a hash of buckets of 50 ms, so that setting a time costs the same however many there are. There is
 * one time for each key and kind, so that an owner that renews its lease often does not take more memory.
 */
export class Agenda {
  readonly #buckets = new Map<number, Set<string>>();
  readonly #bucketOf = new Map<string, number>();
  #next = 0;

  /** Sets when something is due for a key, in place of any earlier time. Infinity: never. */
  set(key: string, what: Due, at: number): void {
    this.delete(key, what);
    if (at === Infinity) return;
    const item = itemOf(key, what);
    const bucket = Math.max(Math.ceil(at / BUCKET_MS), this.#next);
    this.#bucketOf.set(item, bucket);
    const items = this.#buckets.get(bucket);
    if (items === undefined) this.#buckets.set(bucket, new Set([item]));
    else items.add(item);
  }

  delete(key: string, what: Due): void {
    const item = itemOf(key, what);
    const bucket = this.#bucketOf.get(item);
    if (bucket === undefined) return;
    this.#bucketOf.delete(item);
    const items = this.#buckets.get(bucket);
    items?.delete(item);
    if (items?.size === 0) this.#buckets.delete(bucket);
  }

  /** Removes what is due, and returns its keys, each once. */
  take(now: number): string[] {
    const last = Math.floor(now / BUCKET_MS);
    const due = new Set<string>();
    for (const bucket of this.#upTo(last)) {
      for (const item of this.#buckets.get(bucket) ?? []) {
        this.#bucketOf.delete(item);
        due.add(keyOf(item));
      }
      this.#buckets.delete(bucket);
    }
    this.#next = Math.max(this.#next, last + 1);
    return [...due];
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

function itemOf(key: string, what: Due): string {
  return `${what} ${key}`;
}

function keyOf(item: string): string {
  return item.slice(item.indexOf(' ') + 1);
}
