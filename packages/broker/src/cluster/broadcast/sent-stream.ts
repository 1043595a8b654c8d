/** Payloads that were numbered and published together. */
export interface Batch {
  readonly subject: string;
  /** The number of the first payload. */
  readonly first: number;
  readonly count: number;
  /** What is published. It is published again for nodes that miss it; nodes that have it ignore it. */
  message: string;
  /** In milliseconds of the clock. */
  readonly sentAt: number;
}

/** What a node has said to one subject: it numbers payloads, and keeps the last ones for nodes that miss some. */
export class SentStream {
  /** The number of the last payload; 0 before the first. */
  last = 0;
  /** Beats of this node since then. */
  beatsSinceLast = 0;
  /** Oldest first, in a row. The first of them, as many as `#forgotten`, are not kept any more. */
  #kept: Batch[] = [];
  #forgotten = 0;

  add(batch: Batch): void {
    this.last = batch.first + batch.count - 1;
    this.beatsSinceLast = 0;
    this.#kept.push(batch);
  }

  /** Forgets the oldest batch. */
  forget(): void {
    this.#forgotten += 1;
    // Each is moved once at most, on average: there may be hundreds of thousands.
    if (2 * this.#forgotten < this.#kept.length) return;
    this.#kept = this.#kept.slice(this.#forgotten);
    this.#forgotten = 0;
  }

  /** The number of the first payload that is kept. */
  get firstKept(): number {
    return this.#kept[this.#forgotten]?.first ?? this.last + 1;
  }

  /** The batches that hold some of the numbers. */
  between(from: number, to: number): readonly Batch[] {
    const begin = this.#firstIndex(({ first, count }) => first + count > from);
    const end = this.#firstIndex(({ first }) => first > to);
    return this.#kept.slice(begin, end);
  }

  /** Finds the first batch that is kept of which something is true that is true of all later ones: by halves. */
  #firstIndex(isTrue: (batch: Batch) => boolean): number {
    let low = this.#forgotten;
    let high = this.#kept.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const batch = this.#kept[middle];
      if (batch === undefined || isTrue(batch)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
