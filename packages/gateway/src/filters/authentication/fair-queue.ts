export interface FairQueueOptions {
  /** How many jobs run at a time. */
  readonly maxRunning: number;
  /** How many of them are of one key, so that the first job of another need not wait. */
  readonly maxRunningPerKey: number;
  /** How many jobs of one key wait. */
  readonly maxWaitingPerKey: number;
  readonly maxWaiting: number;
  /** Longer, and it is dropped when it is its turn. */
  readonly maxWaitMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

interface Job {
  readonly until: number;
  start(): void;
  /** There is no room for it. */
  drop(): void;
}

/**
 * Runs jobs in turn for each key, so that many jobs of one key do not delay those of others. If all places are taken, the
 * key with the most jobs gives one up.
 */
export class FairQueue {
  readonly #options: FairQueueOptions;
  /** By key, the one whose turn is next first. */
  readonly #waiting = new Map<string, Job[]>();
  #size = 0;
  /** By key. */
  readonly #running = new Map<string, number>();
  #runningSize = 0;

  constructor(options: FairQueueOptions) {
    this.#options = options;
  }

  /** Runs a job when it is its turn. Resolves to undefined if there is no room for it. */
  run<T>(key: string, job: () => Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        this.#count(key, 1);
        job()
          .then(resolve, reject)
          .finally(() => {
            this.#count(key, -1);
            this.#startNext();
          });
      };
      const drop = (): void => resolve(undefined);
      const { maxWaitMs, now } = this.#options;
      if (this.#mayStart(key)) start();
      else this.#add(key, { until: now() + maxWaitMs, start, drop });
    });
  }

  /** Whether jobs of a key wait. */
  isWaiting(key: string): boolean {
    return this.#waiting.has(key);
  }

  #add(key: string, job: Job): void {
    const { maxWaitingPerKey, maxWaiting } = this.#options;
    const jobs = this.#waiting.get(key) ?? [];
    const isFull = jobs.length >= maxWaitingPerKey;
    if (isFull || (this.#size >= maxWaiting && !this.#makeRoom(jobs.length + 1))) return job.drop();
    jobs.push(job);
    this.#size++;
    this.#waiting.set(key, jobs);
  }

  /** Drops the last job of the key that has the most. @param than returns false if none has more */
  #makeRoom(than: number): boolean {
    let most: Job[] = [];
    for (const jobs of this.#waiting.values()) if (jobs.length > most.length) most = jobs;
    if (most.length <= than) return false;
    most.pop()?.drop();
    this.#size--;
    return true;
  }

  #mayStart(key: string): boolean {
    const { maxRunning, maxRunningPerKey } = this.#options;
    return this.#runningSize < maxRunning && (this.#running.get(key) ?? 0) < maxRunningPerKey;
  }

  #count(key: string, change: number): void {
    const count = (this.#running.get(key) ?? 0) + change;
    this.#runningSize += change;
    if (count === 0) this.#running.delete(key);
    else this.#running.set(key, count);
  }

  #startNext(): void {
    for (const [key, jobs] of this.#waiting) {
      if (!this.#mayStart(key)) continue;
      this.#waiting.delete(key);
      const job = jobs.shift();
      this.#size--;
      if (jobs.length > 0) this.#waiting.set(key, jobs);
      if (job === undefined) continue;
      if (this.#options.now() < job.until) return job.start();
      job.drop();
    }
  }
}
