export interface KeepAliveOptions {
  /** Silence until {@link ping}, in milliseconds. */
  readonly activityTimeoutMs: number;
  /** Further silence until {@link expire}, in milliseconds. */
  readonly pongTimeoutMs: number;
  readonly ping: () => void;
  readonly expire: () => void;
}

/** Watches one connection for silence. Runs one timer until it expires or is stopped. */
export class KeepAlive {
  readonly #options: KeepAliveOptions;
  #timer: NodeJS.Timeout;
  #pinged = false;

  constructor(options: KeepAliveOptions) {
    this.#options = options;
    this.#timer = this.#watch();
  }

  /** Something came from the other side. */
  activity(): void {
    if (!this.#pinged) {
      // Cheaper than a new timer, and this happens for every message.
      this.#timer.refresh();
      return;
    }
    this.#pinged = false;
    clearTimeout(this.#timer);
    this.#timer = this.#watch();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #watch(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#pinged = true;
      this.#timer = setTimeout(this.#options.expire, this.#options.pongTimeoutMs);
      this.#options.ping();
    }, this.#options.activityTimeoutMs);
  }
}
