import type { Vitals } from './vitals.ts';

/** When an instance that answers badly is taken out for a while, though its probes succeed. */
export interface EjectionRules {
  /** So many failures in a row. Default 5. */
  readonly failuresInRow: number;
  /** Or this share of the requests of 10 s, of at least {@link EjectionRules.rateOf} of them. Default 0.5. */
  readonly failureRate: number;
  /** Default 20. */
  readonly rateOf: number;
  /** For how long, the first time; the nth time n times as long. Milliseconds, default 30 000. */
  readonly baseMs: number;
  /** Default 300 000. */
  readonly mostMs: number;
  /** At most this share of a service's instances at a time; one of two or more always. Default 0.5. */
  readonly mostShare: number;
  /**
   * If less than this share of a service's instances is left, as after others have gone, ejections do not count:
   * the rest would not bear the load of all. Default 0.5.
   */
  readonly panicShare: number;
}

export const EJECTION: EjectionRules = {
  failuresInRow: 5,
  failureRate: 0.5,
  rateOf: 20,
  baseMs: 30_000,
  mostMs: 300_000,
  mostShare: 0.5,
  panicShare: 0.5,
};

const WINDOW_MS = 10_000;

/** Notes how a request ended. Returns whether that is reason to eject. */
export function observeOutcome(
  vitals: Vitals,
  isFailure: boolean,
  now: number,
  rules: EjectionRules,
): boolean {
  if (now >= vitals.windowEnds) {
    vitals.windowEnds = now + WINDOW_MS;
    vitals.asked = 0;
    vitals.failed = 0;
  }
  vitals.asked++;
  if (!isFailure) {
    vitals.failuresInRow = 0;
    return false;
  }
  vitals.failed++;
  vitals.failuresInRow++;
  if (vitals.failuresInRow >= rules.failuresInRow) return true;
  return vitals.asked >= rules.rateOf && vitals.failed >= vitals.asked * rules.failureRate;
}

/** How many of so many instances may be ejected at a time. */
export function mostEjected(instances: number, { mostShare }: EjectionRules): number {
  if (instances < 2) return 0;
  return Math.max(1, Math.floor(instances * mostShare));
}

/** Whether too few of so many instances are left. */
export function isPanic(
  instances: number,
  ejected: number,
  { panicShare }: EjectionRules,
): boolean {
  return instances - ejected < instances * panicShare;
}

/** Takes an instance out. What was counted against it begins anew: it is judged by what it does after. */
export function eject(vitals: Vitals, now: number, { baseMs, mostMs }: EjectionRules): void {
  // Well for longer than the longest ejection: the past is forgiven.
  if (now - vitals.ejectedUntil > mostMs) vitals.ejections = 0;
  vitals.ejections++;
  vitals.ejectedUntil = now + Math.min(mostMs, baseMs * vitals.ejections);
  vitals.warmSince = vitals.ejectedUntil;
  vitals.failuresInRow = 0;
  vitals.windowEnds = -Infinity;
}
