/** Work is done for no longer than this at a stretch. */
const MAX_STRETCH_MS = 5;
/** And for a quarter of the time at most: after a stretch comes a rest of so many times its length. */
const REST = 3;

/** Does work by and by, because requests need the same event loop. The first stretch begins at once. */
export class Pace {
  readonly #step: () => boolean;
  #restsUntil = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /** @param step does a little of the work, and returns whether there is more */
  constructor(step: () => boolean) {
    this.#step = step;
  }

  /** Starts to take what is yielded, a value at a step. */
  static through<T>(values: Iterator<T>, take: (value: T) => void): Pace {
    const pace = new Pace(() => {
      const next = values.next();
      if (next.done !== true) take(next.value);
      return next.done !== true;
    });
    pace.start();
    return pace;
  }

  /** There is work. */
  start(): void {
    if (this.#timer === undefined && !this.#isStopped) this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    const wait = this.#restsUntil - performance.now();
    if (wait <= 0) this.#run();
    else this.#timer = setTimeout(() => this.#run(), wait);
  }

  #run(): void {
    const begun = performance.now();
    let now = begun;
    let hasMore = true;
    while (hasMore && now - begun < MAX_STRETCH_MS) {
      hasMore = this.#step();
      now = performance.now();
    }
    this.#restsUntil = now + REST * (now - begun);
    this.#timer = undefined;
    if (hasMore) this.start();
  }
}
