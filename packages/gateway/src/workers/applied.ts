import type { WorkerProcess } from './process.ts';

interface Waiting {
  readonly number: number;
  readonly call: () => void;
}

/** Tracks which changes of the table every worker has applied. Changes are numbered from 1. */
export class AppliedChanges {
  #latest = 0;
  readonly #upTo = new Map<WorkerProcess, number>();
  readonly #waiting: Waiting[] = [];

  /** Returns the number of the next change. */
  next(): number {
    return ++this.#latest;
  }

  /** Adds a worker that has received the table as it is now. */
  add(worker: WorkerProcess): void {
    this.#upTo.set(worker, this.#latest);
  }

  /** Notes that a worker has applied every change up to this number. */
  applied(worker: WorkerProcess, number: number): void {
    if (this.#upTo.has(worker)) this.#upTo.set(worker, number);
    this.#settle();
  }

  delete(worker: WorkerProcess): void {
    this.#upTo.delete(worker);
    this.#settle();
  }

  /** Calls back, in order, once all workers have applied every change made so far. */
  when(call: () => void): void {
    this.#waiting.push({ number: this.#latest, call });
    this.#settle();
  }

  #settle(): void {
    const least = Math.min(this.#latest, ...this.#upTo.values());
    for (
      let [first] = this.#waiting;
      first !== undefined && first.number <= least;
      [first] = this.#waiting
    ) {
      this.#waiting.shift();
      first.call();
    }
  }
}
