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
  /** By which nodes agree which event of a channel is the last. */
  readonly stamp: string;
  /** In milliseconds of the clock. */
  readonly expiresAt: number;
}

/** An event as one node passes it on to another. */
export interface KeptEvent {
  readonly name: string;
  readonly data: string;
  readonly stamp: string;
  readonly remainingMs: number;
}

interface NewEvent {
  readonly name: string;
  readonly data: string;
  readonly stamp?: string | undefined;
  /** How long it is kept. Default: as long as a new one. */
  readonly remainingMs?: number;
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

  /** @param event - kept if its stamp is not lower than that of the event that is kept. */
  put(channel: string, { name, data, stamp = '', remainingMs = LIMITS.cacheMs }: NewEvent): void {
    const now = this.#clock();
    if ((this.#entry(channel)?.stamp ?? '') > stamp) return;
    this.#remove(channel);
    const entry = { name, data, stamp, expiresAt: now + remainingMs };
    this.#entries.set(channel, entry);
    this.#size += sizeOf(channel, entry);
    this.#removeOld(now);
  }

  get(channel: string): CachedEvent | undefined {
    const event = this.kept(channel);
    if (event === undefined) return undefined;
    return { name: event.name, data: event.data, ttl: Math.ceil(event.remainingMs / 1_000) };
  }

  kept(channel: string): KeptEvent | undefined {
    const entry = this.#entry(channel);
    if (entry === undefined) return undefined;
    const { name, data, stamp, expiresAt } = entry;
    return { name, data, stamp, remainingMs: expiresAt - this.#clock() };
  }

  #entry(channel: string): Entry | undefined {
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

function sizeOf(channel: string, { name, data }: Entry): number {
  return channel.length + name.length + data.length + OVERHEAD;
}
