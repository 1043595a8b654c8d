import { LIMITS } from '@rollcall/protocol/pusher';

/** The last event of a cache channel. */
export interface CachedEvent {
  readonly name: string;
  readonly data: string;
  /** In milliseconds of the clock. */
  readonly until: number;
}

/** The last event of each cache channel, subscribed to or not, until it is 30 minutes old. */
export class EventCache {
  readonly #clock: () => number;
  /** Oldest first: what is put again goes to the end. */
  readonly #events = new Map<string, CachedEvent>();

  /** @param clock - milliseconds of a clock that never goes back. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  put(channel: string, name: string, data: string): void {
    const now = this.#clock();
    this.#events.delete(channel);
    this.#events.set(channel, { name, data, until: now + LIMITS.cacheMs });
    this.#forgetBefore(now);
  }

  get(channel: string): CachedEvent | undefined {
    const event = this.#events.get(channel);
    return event !== undefined && event.until > this.#clock() ? event : undefined;
  }

  /** Whole seconds that an event is still kept. */
  secondsLeft({ until }: CachedEvent): number {
    return Math.ceil((until - this.#clock()) / 1_000);
  }

  #forgetBefore(now: number): void {
    for (const [channel, { until }] of this.#events) {
      if (until > now) return;
      this.#events.delete(channel);
    }
  }
}
