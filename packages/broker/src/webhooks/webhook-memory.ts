import { shareOfHeap } from '@rollcall/runtime';

/** Events of one webhook that may wait. */
export const MAX_EVENTS = 10_000;

/** Approximate memory of an event besides its text. */
const OVERHEAD = 200;

interface Held {
  events: number;
  size: number;
}

/** Counts the events that wait for webhooks that do not accept them, and bounds what they take together. */
export class WebhookMemory {
  readonly #maxSize: number;
  readonly #held = new Map<object, Held>();
  #size = 0;

  /** @param maxSize - of all events, in characters. */
  constructor(maxSize: number = shareOfHeap()) {
    this.#maxSize = maxSize;
  }

  /** Counts an event that is to wait for a webhook. Returns whether there is room for it. */
  take(webhook: object, text: string): boolean {
    const held = this.#held.get(webhook) ?? { events: 0, size: 0 };
    const size = sizeOf(text);
    if (held.events === MAX_EVENTS || this.#size + size > this.#maxSize) return false;
    this.#held.set(webhook, held);
    this.#add(held, 1, size);
    return true;
  }

  /** The event waits no more. */
  release(webhook: object, text: string): void {
    const held = this.#held.get(webhook);
    if (held !== undefined) this.#add(held, -1, -sizeOf(text));
  }

  /** No event of the webhook waits any more. */
  forget(webhook: object): void {
    this.#size -= this.#held.get(webhook)?.size ?? 0;
    this.#held.delete(webhook);
  }

  #add(held: Held, events: number, size: number): void {
    held.events += events;
    held.size += size;
    this.#size += size;
  }
}

function sizeOf(text: string): number {
  return text.length + OVERHEAD;
}
