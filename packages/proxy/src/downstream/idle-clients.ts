import type { Clients } from './clients.ts';

/** How many are closed at a time: to find them, all are looked at. */
const AT_ONCE = 64;

/** Makes room for clients that have something to ask, by closing connections that wait for a request. */
export class IdleClients {
  readonly #clients: Clients;
  #isClosing = false;

  constructor(clients: Clients) {
    this.#clients = clients;
  }

  /**
   * Closes those whose time is over soonest. They are still counted until the event loop turns.
   * @returns how many
   */
  closeSome(): number {
    if (this.#isClosing) return 0;
    this.#isClosing = true;
    setImmediate(() => (this.#isClosing = false));
    const idle = [...this.#clients].filter(({ isIdle }) => isIdle);
    const byDeadline = idle.toSorted((a, b) => a.deadline - b.deadline);
    const count = Math.min(AT_ONCE, Math.ceil(this.#clients.size / 8));
    const closed = byDeadline.slice(0, count);
    for (const client of closed) client.evict();
    return closed.length;
  }
}
