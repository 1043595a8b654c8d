const BUCKET_MS = 50;

/** What may be due for a key: the end of its lease, a probe, the end of its status, the end of its exit's time. */
type Due = 'lease' | 'probe' | 'status' | 'exit';

/** What is due when. There is one time for each key and kind, so that an owner that renews its lease often does not take more memory. */
export class Agenda {
  readonly #kinds: Readonly<Record<Due, Timetable>> = {
    lease: new Timetable(),
    probe: new Timetable(),
    status: new Timetable(),
    exit: new Timetable(),
  };

  /** Sets when something is due for a key, in place of any earlier time. Infinity: never. */
  set(key: string, what: Due, at: number): void {
    this.#kinds[what].set(key, at);
  }

  delete(key: string, what: Due): void {
    this.#kinds[what].delete(key);
  }

  /** Removes what is due, and returns its keys, each once. */
  take(now: number): string[] {
    return [...new Set(Object.values(this.#kinds).flatMap((kind) => kind.take(now)))];
  }
}

/** Keys in a hash of buckets of 50 ms, so that setting a time costs the same however many there are. */
class Timetable {
  readonly #buckets = new Map<number, Set<string>>();
  readonly #bucketOf = new Map<string, number>();
  #next = 0;

  set(key: string, at: number): void {
    this.delete(key);
    if (at === Infinity) return;
    const bucket = Math.max(Math.ceil(at / BUCKET_MS), this.#next);
    this.#bucketOf.set(key, bucket);
    const keys = this.#buckets.get(bucket);
    if (keys === undefined) this.#buckets.set(bucket, new Set([key]));
    else keys.add(key);
  }

  delete(key: string): void {
    const bucket = this.#bucketOf.get(key);
    if (bucket === undefined) return;
    this.#bucketOf.delete(key);
    const keys = this.#buckets.get(bucket);
    keys?.delete(key);
    if (keys?.size === 0) this.#buckets.delete(bucket);
  }

  take(now: number): string[] {
    const last = Math.floor(now / BUCKET_MS);
    const due: string[] = [];
    for (const bucket of this.#upTo(last)) {
      for (const key of this.#buckets.get(bucket) ?? []) {
        this.#bucketOf.delete(key);
        due.push(key);
      }
      this.#buckets.delete(bucket);
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
