import type { WorkerProcess } from './process.ts';

interface Waiting {
  readonly number: number;
  readonly call: () => void;
}

/** Which of the changes, numbered as they came, every worker has applied. */
export class Applied {
  #latest = 0;
  readonly #upTo = new Map<WorkerProcess, number>();
  readonly #waiting: Waiting[] = [];

  /** Another change: returns its number. */
  next(): number {
    return ++this.#latest;
  }

  /** A worker that has been given the table as it is now. */
  join(worker: WorkerProcess): void {
    this.#upTo.set(worker, this.#latest);
  }

  by(worker: WorkerProcess, number: number): void {
    if (this.#upTo.has(worker)) this.#upTo.set(worker, number);
    this.#settle();
  }

  leave(worker: WorkerProcess): void {
    this.#upTo.delete(worker);
    this.#settle();
  }

  /** Calls back, in order, when every change until now is applied by all. */
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
