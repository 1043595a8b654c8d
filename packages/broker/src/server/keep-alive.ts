export interface KeepAliveTimes {
  /** Silence until the client is pinged, in milliseconds. */
  readonly activityTimeoutMs: number;
  /** Further silence until it expires, in milliseconds. */
  readonly pongTimeoutMs: number;
}

/** A client that may fall silent. */
export interface SilentClient {
  sendPing(): void;
  expire(): void;
}

/** Pings a silent client, and expires it if it stays silent. Runs one timer until then, or until it is stopped. */
export class KeepAlive {
  readonly #client: SilentClient;
  readonly #times: KeepAliveTimes;
  #timer: NodeJS.Timeout;
  #isPinged = false;

  constructor(client: SilentClient, times: KeepAliveTimes) {
    this.#client = client;
    this.#times = times;
    this.#timer = this.#watch();
  }

  /** Called for everything that is received. */
  activity(): void {
    if (!this.#isPinged) {
      // Cheaper than a new timer, and this runs for every message.
      this.#timer.refresh();
      return;
    }
    this.#isPinged = false;
    clearTimeout(this.#timer);
    this.#timer = this.#watch();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #watch(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#isPinged = true;
      this.#timer = setTimeout(() => this.#client.expire(), this.#times.pongTimeoutMs);
      this.#client.sendPing();
    }, this.#times.activityTimeoutMs);
  }
}
