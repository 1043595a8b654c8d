/**
 * How requests to one instance go, as this gateway sees it. Kept by the instance's key, so that an update of
 * its announcement does not reset it.
 */
export interface InstanceStats {
  /** The instance has left. If one with its key is back, that is another. */
  isForgotten: boolean;
  /** Requests sent and not yet finished. */
  inFlight: number;
  /**
   * Milliseconds to the head of a response, 0 before the first. Rises at once with a slower response, and
   * decays afterwards.
   */
  latency: number;
  latencyAt: number;
  /** When it last answered a request with anything but a 5xx. */
  servedAt: number;
  consecutiveFailures: number;
  /** How the latest requests failed, since the latest ejection, such as `503`. */
  readonly latestFailures: string[];
  /** End of the current window of the failure rate, and the requests and failures within it. */
  windowEnds: number;
  requests: number;
  failures: number;
  /** Recent ejections, and the end of the latest. */
  ejections: number;
  ejectedUntil: number;
  /** Why there was the latest, for people. */
  ejectedBecause: string;
  /** When the instance came, or its latest ejection ends: its slow start begins then. */
  warmSince: number;
}

/** A slow response fades by 1/e in this time. */
const LATENCY_DECAY_MS = 10_000;

/** Keeps the statistics of every instance that received requests. */
export class StatsRegistry {
  readonly #stats = new Map<string, InstanceStats>();
  /** When the last ejection ends: until there is one, no instance has to be looked at for it. */
  ejectedUntil: number = -Infinity;

  /**
   * Returns the statistics of an instance; creates them at its first request.
   * @param since when the instance came, on the caller's clock in milliseconds
   */
  of(key: string, since: number): InstanceStats {
    const known = this.#stats.get(key);
    if (known !== undefined) return known;
    const stats = newStats(since);
    this.#stats.set(key, stats);
    return stats;
  }

  find(key: string): InstanceStats | undefined {
    return this.#stats.get(key);
  }

  all(): Iterable<readonly [key: string, InstanceStats]> {
    return this.#stats;
  }

  forget(key: string): void {
    const stats = this.#stats.get(key);
    if (stats === undefined) return;
    stats.isForgotten = true;
    this.#stats.delete(key);
  }
}

function newStats(since: number): InstanceStats {
  return {
    isForgotten: false,
    inFlight: 0,
    latency: 0,
    latencyAt: since,
    servedAt: -Infinity,
    consecutiveFailures: 0,
    latestFailures: [],
    windowEnds: -Infinity,
    requests: 0,
    failures: 0,
    ejections: 0,
    ejectedUntil: -Infinity,
    ejectedBecause: '',
    warmSince: since,
  };
}

/**
 * Updates the latency as Finagle's peak-sensitive moving mean does: a slow response counts at once and in
 * full, a fast one gradually, so that an instance that begins to hang is avoided before many requests wait.
 */
export function observeLatency(stats: InstanceStats, milliseconds: number, now: number): void {
  const kept = Math.exp(-(now - stats.latencyAt) / LATENCY_DECAY_MS);
  stats.latency =
    milliseconds > stats.latency ? milliseconds : stats.latency * kept + milliseconds * (1 - kept);
  stats.latencyAt = now;
}
