import { RULES } from './rules.ts';

/**
 * This observer's own connection to the registry: while no broker of it can be heard, and shortly after, missing evidence
 * shows nothing.
 */
export class OwnLink {
  readonly #brokers = new Set<number>();
  /** Until it was connected to a broker or has lost one, nothing speaks against it. */
  #isUp = true;
  #lostAt = Infinity;
  #settledAt = -Infinity;
  #returnedAt = -Infinity;

  get isUp(): boolean {
    return this.#isUp;
  }

  /** The brokers that it is connected to. */
  get brokers(): ReadonlySet<number> {
    return this.#brokers;
  }

  /** Until then a probe that times out may be the fault of this link. */
  get settledAt(): number {
    return this.#isUp ? this.#settledAt : Infinity;
  }

  /** Notes that the connection to a broker was made or lost. Returns whether that is the first one, or was the last. */
  changed(broker: number, isConnected: boolean, now: number): boolean {
    if (isConnected) this.#brokers.add(broker);
    else this.#brokers.delete(broker);
    const isUp = this.#brokers.size > 0;
    if (this.#isUp === isUp) return false;
    this.#isUp = isUp;
    this.#settledAt = now + RULES.settleMs;
    if (!isUp) this.#lostAt = now;
    else if (this.#lostAt !== Infinity) this.#returnedAt = now + RULES.returnMs;
    return true;
  }

  /** Whether it was away so long that other observers have forgotten the exits of that time. */
  wasAwayLong(now: number): boolean {
    return now - this.#lostAt >= RULES.tombstoneMs;
  }

  /** Whether owners can be heard. One that is gone may still be on its way back, as this observer was. */
  hearsOwners(now: number): boolean {
    return this.#isUp && now >= this.#returnedAt;
  }

  /** Whether something happened shortly before, or while owners could not be heard. */
  isRecent(at: number, now: number): boolean {
    const since = now < this.#returnedAt ? Math.min(this.#lostAt, now) : now;
    return at >= since - RULES.refusedMs;
  }
}
