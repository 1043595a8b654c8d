import type { WebhookEvent } from './event.ts';

/** How long it is not told that someone has left: who reconnects within it never left. */
const DELAY_MS = 3_000;

/** Above it they are told at once: anyone may come and go in public channels, as fast as they like. */
export const MAX_HELD = 10_000;

/** Passes events on, but those of leaving later, and not at all if they are taken back in time. */
export class DebouncedLeaves {
  readonly #pass: (event: WebhookEvent) => void;
  readonly #waiting = new Map<string, NodeJS.Timeout>();

  constructor(pass: (event: WebhookEvent) => void) {
    this.#pass = pass;
  }

  report(event: WebhookEvent): void {
    switch (event.name) {
      case 'channel_vacated':
        return this.#holdBack(event.channel, event);
      case 'member_removed':
        return this.#holdBack(memberKey(event), event);
      case 'channel_occupied':
        return this.#passUnlessBack(event.channel, event);
      case 'member_added':
        return this.#passUnlessBack(memberKey(event), event);
      default:
        return this.#pass(event);
    }
  }

  stop(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #holdBack(key: string, event: WebhookEvent): void {
    if (this.#waiting.size >= MAX_HELD) return this.#pass(event);
    const timer = setTimeout(() => {
      this.#waiting.delete(key);
      this.#pass(event);
    }, DELAY_MS);
    this.#waiting.set(key, timer);
  }

  #passUnlessBack(key: string, event: WebhookEvent): void {
    const timer = this.#waiting.get(key);
    clearTimeout(timer);
    if (!this.#waiting.delete(key)) this.#pass(event);
  }
}

/** No channel's name has a space in it. */
function memberKey({ channel, user_id: userId }: { channel: string; user_id: string }): string {
  return `${channel} ${userId}`;
}
