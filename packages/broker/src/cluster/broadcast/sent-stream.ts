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
  /** Oldest first, in a row. */
  readonly #kept: Batch[] = [];

  add(batch: Batch): void {
    this.last = batch.first + batch.count - 1;
    this.beatsSinceLast = 0;
    this.#kept.push(batch);
  }

  /** Forgets the oldest batch. */
  forget(): void {
    this.#kept.shift();
  }

  /** The number of the first payload that is kept. */
  get firstKept(): number {
    return this.#kept[0]?.first ?? this.last + 1;
  }

  /** The batches that hold some of the numbers. */
  between(from: number, to: number): readonly Batch[] {
    return this.#kept.filter(({ first, count }) => first <= to && first + count > from);
  }
}
