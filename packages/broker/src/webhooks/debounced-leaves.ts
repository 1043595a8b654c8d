import type { WebhookEvent } from '../webhook-event.ts';

/** How long a leave is held: a client that reconnects within it never left. */
const DELAY_MS = 3_000;

/** Leaves that may be held. More are passed on at once, because any client may join and leave public channels at any rate. */
export const MAX_HELD = 10_000;

/** Passes events on. Leaves are held for a while, and dropped together with the join if the client is back in time. */
export class DebouncedLeaves {
  readonly #pass: (event: WebhookEvent) => void;
  readonly #held = new Map<string, NodeJS.Timeout>();

  constructor(pass: (event: WebhookEvent) => void) {
    this.#pass = pass;
  }

  report(event: WebhookEvent): void {
    switch (event.name) {
      case 'channel_vacated':
        return this.#hold(event.channel, event);
      case 'member_removed':
        return this.#hold(memberKey(event), event);
      case 'channel_occupied':
        return this.#passUnlessHeld(event.channel, event);
      case 'member_added':
        return this.#passUnlessHeld(memberKey(event), event);
      default:
        return this.#pass(event);
    }
  }

  stop(): void {
    for (const timer of this.#held.values()) clearTimeout(timer);
    this.#held.clear();
  }

  #hold(key: string, event: WebhookEvent): void {
    if (this.#held.size >= MAX_HELD) return this.#pass(event);
    const timer = setTimeout(() => {
      this.#held.delete(key);
      this.#pass(event);
    }, DELAY_MS);
    this.#held.set(key, timer);
  }

  #passUnlessHeld(key: string, event: WebhookEvent): void {
    const timer = this.#held.get(key);
    clearTimeout(timer);
    if (!this.#held.delete(key)) this.#pass(event);
  }
}

/** Unique, because channel names contain no space. */
function memberKey({ channel, user_id: userId }: { channel: string; user_id: string }): string {
  return `${channel} ${userId}`;
}
