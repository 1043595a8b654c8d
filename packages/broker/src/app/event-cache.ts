import { LIMITS } from '@rollcall/protocol/pusher';

/** The last event of a cache channel. */
export interface CachedEvent {
  readonly name: string;
  readonly data: string;
  /** How long the event is still kept, in whole seconds. */
  readonly ttl: number;
}

interface Entry {
  readonly name: string;
  readonly data: string;
  /** In milliseconds of the clock. */
  readonly expiresAt: number;
}

/** The last event of each cache channel, subscribed to or not, for 30 minutes. */
export class EventCache {
  readonly #clock: () => number;
  /** Oldest first: putting an entry again moves it to the end. */
  readonly #entries = new Map<string, Entry>();

  /** @param clock - milliseconds of a clock that never goes back. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  put(channel: string, name: string, data: string): void {
    const now = this.#clock();
    this.#entries.delete(channel);
    this.#entries.set(channel, { name, data, expiresAt: now + LIMITS.cacheMs });
    this.#removeExpired(now);
  }

  get(channel: string): CachedEvent | undefined {
    const entry = this.#entries.get(channel);
    const remainingMs = (entry?.expiresAt ?? 0) - this.#clock();
    if (entry === undefined || remainingMs <= 0) return undefined;
    return { name: entry.name, data: entry.data, ttl: Math.ceil(remainingMs / 1_000) };
  }

  #removeExpired(now: number): void {
    for (const [channel, { expiresAt }] of this.#entries) {
      if (expiresAt > now) return;
      this.#entries.delete(channel);
    }
  }
}
