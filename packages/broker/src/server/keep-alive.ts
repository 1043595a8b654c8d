export interface KeepAliveTimes {
  /** Silence until a client is pinged, in milliseconds. */
  readonly activityTimeoutMs: number;
  /** Further silence until it expires, in milliseconds. */
  readonly pongTimeoutMs: number;
}

/** A client that may fall silent. */
export interface SilentClient {
  /** Ticks of the {@link KeepAlive} since it was heard. The client sets it to 0 with everything that it receives. */
  silentTicks: number;
  sendPing(): void;
  expire(): void;
}

const MAX_TICK_MS = 1_000;
/** Of the shorter time. */
const MIN_TICKS = 10;

/**
 * Pings silent clients, and expires them if they stay silent. One timer looks after all of them: a timer for each would add
 * 300 bytes to the 2,300 that an idle connection has in the heap.
 */
export class KeepAlive {
  readonly #clients: Iterable<SilentClient>;
  readonly #timer: NodeJS.Timeout;

  constructor(
    clients: Iterable<SilentClient>,
    { activityTimeoutMs, pongTimeoutMs }: KeepAliveTimes,
  ) {
    this.#clients = clients;
    const shorter = Math.min(activityTimeoutMs, pongTimeoutMs);
    const tickMs = Math.min(MAX_TICK_MS, Math.ceil(shorter / MIN_TICKS));
    // The first tick comes at once for a client that was heard just before it.
    const pingAt = Math.ceil(activityTimeoutMs / tickMs) + 1;
    const expireAt = pingAt + Math.ceil(pongTimeoutMs / tickMs);
    this.#timer = setInterval(() => this.#tick(pingAt, expireAt), tickMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(pingAt: number, expireAt: number): void {
    for (const client of this.#clients) {
      client.silentTicks += 1;
      if (client.silentTicks === pingAt) client.sendPing();
      else if (client.silentTicks === expireAt) client.expire();
    }
  }
}
