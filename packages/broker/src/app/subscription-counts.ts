import { LIMITS } from '@rollcall/protocol/pusher';
import type { Channel } from './channel.ts';

/**
 * Decides when subscription counts are sent: at each change while a channel has few subscribers, and every 5 s
 * when it has many, because each count is sent to all of them.
 */
export class SubscriptionCounts {
  readonly #send: (channel: Channel) => void;
  readonly #timers = new Map<Channel, NodeJS.Timeout>();

  constructor(send: (channel: Channel) => void) {
    this.#send = send;
  }

  changed(channel: Channel): void {
    if (channel.subscriptionCount <= LIMITS.promptSubscriptionCounts) {
      this.forget(channel);
      this.#send(channel);
      return;
    }
    if (this.#timers.has(channel)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(channel);
      this.#send(channel);
    }, LIMITS.subscriptionCountIntervalMs);
    this.#timers.set(channel, timer);
  }

  /** A channel is vacated: its name may be occupied again, as another channel. */
  forget(channel: Channel): void {
    clearTimeout(this.#timers.get(channel));
    this.#timers.delete(channel);
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
