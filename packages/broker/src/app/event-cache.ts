import { LIMITS } from '@rollcall/protocol/pusher';
import { shareOfHeap } from '@rollcall/runtime';

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

/** Approximate memory of an event besides its text. */
const OVERHEAD = 200;

/** The last event of each cache channel, subscribed to or not, for 30 minutes, unless too many are published. */
export class EventCache {
  readonly #clock: () => number;
  readonly #maxSize: number;
  #size = 0;
  /** Oldest first: putting an entry again moves it to the end. */
  readonly #entries = new Map<string, Entry>();

  /**
   * @param clock - milliseconds of a clock that never goes back.
   * @param maxSize - of all events, in characters. Beyond it, the oldest are forgotten.
   */
  constructor(clock: () => number, maxSize: number = shareOfHeap()) {
    this.#clock = clock;
    this.#maxSize = maxSize;
  }

  put(channel: string, name: string, data: string): void {
    const now = this.#clock();
    this.#remove(channel);
    const entry = { name, data, expiresAt: now + LIMITS.cacheMs };
    this.#entries.set(channel, entry);
    this.#size += sizeOf(channel, entry);
    this.#removeOld(now);
  }

  get(channel: string): CachedEvent | undefined {
    const entry = this.#entries.get(channel);
    const remainingMs = (entry?.expiresAt ?? 0) - this.#clock();
    if (entry === undefined || remainingMs <= 0) return undefined;
    return { name: entry.name, data: entry.data, ttl: Math.ceil(remainingMs / 1_000) };
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

function sizeOf(channel: string, { name, data }: Entry): number {
  return channel.length + name.length + data.length + OVERHEAD;
}
