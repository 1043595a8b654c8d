/**
 * How requests to one instance go, as this gateway sees it. Kept by the instance's key, so that a change
 * of the table does not forget it.
 */
export interface Vitals {
  /** Requests sent and not yet finished. */
  inFlight: number;
  /** Milliseconds to the head of an answer: rises at once to a slower answer, and decays. 0 before the first. */
  latency: number;
  latencyAt: number;
  failuresInRow: number;
  /** The current window of the failure rate. */
  windowEnds: number;
  asked: number;
  failed: number;
  /** Times it was ejected of late, and until when it is. */
  ejections: number;
  ejectedUntil: number;
  /** Since when it takes part: it came, or came back. */
  warmSince: number;
}

/** The memory of a slow answer fades by 1/e in this time. */
const LATENCY_DECAY_MS = 10_000;

/** The vitals of every instance that was sent something. */
export class VitalsBook {
  readonly #vitals = new Map<string, Vitals>();

  /** @param since when the instance came, in the caller's milliseconds */
  of(key: string, since: number): Vitals {
    const known = this.#vitals.get(key);
    if (known !== undefined) return known;
    const vitals = newVitals(since);
    this.#vitals.set(key, vitals);
    return vitals;
  }

  /** Of an instance that was not forgotten. */
  find(key: string): Vitals | undefined {
    return this.#vitals.get(key);
  }

  all(): Iterable<readonly [key: string, Vitals]> {
    return this.#vitals;
  }

  forget(key: string): void {
    this.#vitals.delete(key);
  }
}

function newVitals(since: number): Vitals {
  return {
    inFlight: 0,
    latency: 0,
    latencyAt: since,
    failuresInRow: 0,
    windowEnds: -Infinity,
    asked: 0,
    failed: 0,
    ejections: 0,
    ejectedUntil: -Infinity,
    warmSince: since,
  };
}

/**
 * The peak-sensitive moving mean of Finagle: a slow answer counts at once and whole, a fast one bit by
 * bit, so that an instance that begins to hang is avoided before many requests wait for it.
 */
export function observeLatency(vitals: Vitals, milliseconds: number, now: number): void {
  const kept = Math.exp(-(now - vitals.latencyAt) / LATENCY_DECAY_MS);
  vitals.latency =
    milliseconds > vitals.latency
      ? milliseconds
      : vitals.latency * kept + milliseconds * (1 - kept);
  vitals.latencyAt = now;
}
