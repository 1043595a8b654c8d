import { LIMITS } from '@rollcall/protocol/pusher';
import type { Channel } from './channel.ts';

/**
 * When the subscribers of a channel hear how many they are: at each change while they are few, and
 * every 5 s when they are many, since each change would be told to all.
 */
export class SubscriptionCounts {
  readonly #tell: (channel: Channel) => void;
  readonly #timers = new Map<Channel, NodeJS.Timeout>();

  constructor(tell: (channel: Channel) => void) {
    this.#tell = tell;
  }

  changed(channel: Channel): void {
    if (channel.subscriptionCount <= LIMITS.promptSubscriptionCounts) {
      clearTimeout(this.#timers.get(channel));
      this.#timers.delete(channel);
      this.#tell(channel);
      return;
    }
    if (this.#timers.has(channel)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(channel);
      this.#tell(channel);
    }, LIMITS.subscriptionCountIntervalMs);
    this.#timers.set(channel, timer);
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
