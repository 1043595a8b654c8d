export interface KeepAliveOptions {
  /** Silence until {@link ping}, in milliseconds. */
  readonly activityTimeoutMs: number;
  /** Further silence until {@link expire}, in milliseconds. */
  readonly pongTimeoutMs: number;
  readonly ping: () => void;
  readonly expire: () => void;
}

/** Pings a silent connection, and expires if it stays silent. Runs one timer until it expires or is stopped. */
export class KeepAlive {
  readonly #options: KeepAliveOptions;
  #timer: NodeJS.Timeout;
  #isPinged = false;

  constructor(options: KeepAliveOptions) {
    this.#options = options;
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
      this.#timer = setTimeout(this.#options.expire, this.#options.pongTimeoutMs);
      this.#options.ping();
    }, this.#options.activityTimeoutMs);
  }
}
