/** The state of a node's link to the engine. */
export interface LinkState {
  readonly isConnected: boolean;
  /** Since when. Milliseconds since 1970. */
  readonly since: number;
  /** Why it is down, without secrets. */
  readonly reason?: string;
  /** Where it leads. */
  readonly server?: string;
}

/** Notes since when a link is up, or down and why. It is down at first. */
export class LinkHistory {
  readonly #clock: () => number;
  #isConnected = false;
  #changedAt: number;
  #reason: string | undefined;

  /** @param clock - milliseconds of a clock that never goes back. */
  constructor(clock: () => number) {
    this.#clock = clock;
    this.#changedAt = clock();
  }

  get state(): LinkState {
    const since = Date.now() - (this.#clock() - this.#changedAt);
    const reason = this.#isConnected ? undefined : this.#reason;
    return { isConnected: this.#isConnected, since, ...(reason !== undefined && { reason }) };
  }

  note(isConnected: boolean, reason?: string): void {
    if (isConnected !== this.#isConnected) this.#changedAt = this.#clock();
    this.#isConnected = isConnected;
    this.#reason = reason;
  }
}
