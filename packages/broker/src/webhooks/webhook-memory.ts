import { shareOfHeap } from '@rollcall/runtime';

/** Events of one webhook that may wait. */
export const MAX_EVENTS = 10_000;

/**
 * How many of these, and what share of the memory, events of public channels may take: any client can cause as many as it likes, by
 * subscribing again and again. Those of other channels always have room beside them.
 */
const OPEN_SHARE = 1 / 2;

/** Approximate memory of an event besides its text. */
const OVERHEAD = 200;

/** An event, in JSON. */
interface Event {
  readonly text: string;
  /** Whether it is of a public channel. */
  readonly isOpen: boolean;
}

/** Events that wait, and what they take. */
class Held {
  events = 0;
  size = 0;

  add(count: number, size: number): void {
    this.events += count;
    this.size += size;
  }
}

interface Waiting {
  readonly all: Held;
  readonly open: Held;
}

/** Counts the events that wait for webhooks that do not accept them, and bounds what they take together. */
export class WebhookMemory {
  readonly #maxSize: number;
  readonly #waiting = new Map<object, Waiting>();
  #size = 0;
  #openSize = 0;

  /** @param maxSize - of all events, in characters. */
  constructor(maxSize: number = shareOfHeap()) {
    this.#maxSize = maxSize;
  }

  /** Counts an event that is to wait for a webhook. Returns whether there is room for it. */
  take(webhook: object, event: Event): boolean {
    const waiting = this.#waiting.get(webhook) ?? { all: new Held(), open: new Held() };
    const size = sizeOf(event);
    if (waiting.all.events >= MAX_EVENTS || this.#size + size > this.#maxSize) return false;
    if (event.isOpen) {
      if (waiting.open.events >= MAX_EVENTS * OPEN_SHARE) return false;
      if (this.#openSize + size > this.#maxSize * OPEN_SHARE) return false;
    }
    this.#waiting.set(webhook, waiting);
    this.#add(waiting, event, 1);
    return true;
  }

  /** The event waits no more. */
  release(webhook: object, event: Event): void {
    const waiting = this.#waiting.get(webhook);
    if (waiting !== undefined) this.#add(waiting, event, -1);
  }

  /** No event of the webhook waits any more. */
  forget(webhook: object): void {
    const waiting = this.#waiting.get(webhook);
    this.#size -= waiting?.all.size ?? 0;
    this.#openSize -= waiting?.open.size ?? 0;
    this.#waiting.delete(webhook);
  }

  #add({ all, open }: Waiting, event: Event, count: 1 | -1): void {
    const size = count * sizeOf(event);
    all.add(count, size);
    this.#size += size;
    if (!event.isOpen) return;
    open.add(count, size);
    this.#openSize += size;
  }
}

function sizeOf({ text }: Event): number {
  return text.length + OVERHEAD;
}
