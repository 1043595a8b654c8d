import { LIMITS } from '@rollcall/protocol/pusher';
import { shareOfHeap } from '@rollcall/runtime';

/** The last event of a cache channel. */
export interface CachedEvent {
  readonly name: string;
  readonly data: string;
  /** How long the event is still kept, in whole seconds. */
  readonly ttl: number;
}

/** An event as it is kept. */
export interface CacheEntry {
  readonly name: string;
  readonly data: string;
  /** By which nodes agree which event of a channel is the last. */
  readonly stamp: string;
  /** In milliseconds of the clock. */
  readonly expiresAt: number;
}

/** Approximate memory of an event besides its text. */
const OVERHEAD = 200;

/** The last event of each cache channel, subscribed to or not, for 30 minutes, unless too many are published. */
export class EventCache {
  readonly #clock: () => number;
  readonly #maxSize: number;
  #size = 0;
  /** Oldest first: putting an entry again moves it to the end. */
  readonly #entries = new Map<string, CacheEntry>();

  /**
   * @param clock - milliseconds of a clock that never goes back.
   * @param maxSize - of all events, in characters. Beyond it, the oldest are forgotten.
   */
  constructor(clock: () => number, maxSize: number = shareOfHeap()) {
    this.#clock = clock;
    this.#maxSize = maxSize;
  }

  /** @param stamp - the event is kept if it is not lower than that of the event that is kept. */
  put(channel: string, name: string, data: string, stamp = ''): void {
    const now = this.#clock();
    if ((this.entry(channel)?.stamp ?? '') > stamp) return;
    this.#remove(channel);
    const entry = { name, data, stamp, expiresAt: now + LIMITS.cacheMs };
    this.#entries.set(channel, entry);
    this.#size += sizeOf(channel, entry);
    this.#removeOld(now);
  }

  get(channel: string): CachedEvent | undefined {
    const entry = this.entry(channel);
    if (entry === undefined) return undefined;
    const ttl = Math.ceil((entry.expiresAt - this.#clock()) / 1_000);
    return { name: entry.name, data: entry.data, ttl };
  }

  entry(channel: string): CacheEntry | undefined {
    const entry = this.#entries.get(channel);
    return entry !== undefined && entry.expiresAt > this.#clock() ? entry : undefined;
  }

  #removeOld(now: number): void {
    for (const [channel, { expiresAt }] of this.#entries) {
      if (expiresAt > now && this.#size <= this.#maxSize) return;
      this.#remove(channel);
    }
  }

  #remove(channel: string): void {
    const entry = this.#entries.get(channel);
    if (entry === undefined) return;
    this.#entries.delete(channel);
    this.#size -= sizeOf(channel, entry);
  }
}

function sizeOf(channel: string, { name, data }: CacheEntry): number {
  return channel.length + name.length + data.length + OVERHEAD;
}
