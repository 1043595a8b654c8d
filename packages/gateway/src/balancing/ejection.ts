import type { Resolved } from '@rollcall/runtime/settings';
import type { EJECTION_SETTINGS } from '../settings/balancing.ts';
import type { InstanceStats } from './instance-stats.ts';

/** When an instance whose requests fail receives no traffic for a while, although its probes succeed. */
export type EjectionRules = Resolved<typeof EJECTION_SETTINGS>;

const WINDOW_MS = 10_000;

/** Notes how a request ended. Returns whether the instance should be ejected. */
export function observeOutcome(
  stats: InstanceStats,
  isFailure: boolean,
  now: number,
  rules: EjectionRules,
): boolean {
  if (now >= stats.windowEnds) {
    stats.windowEnds = now + WINDOW_MS;
    stats.requests = 0;
    stats.failures = 0;
  }
  stats.requests++;
  if (!isFailure) {
    stats.consecutiveFailures = 0;
    return false;
  }
  stats.failures++;
  stats.consecutiveFailures++;
  if (stats.consecutiveFailures >= rules.consecutiveFailures) return true;
  return (
    stats.requests >= rules.minRequests && stats.failures >= stats.requests * rules.failureRate
  );
}

/** Returns how many of so many instances may be ejected at a time. */
export function maxEjected(instances: number, { maxEjectedShare }: EjectionRules): number {
  if (instances < 2) return 0;
  return Math.max(1, Math.floor(instances * maxEjectedShare));
}

/** Whether too few of so many instances are left. */
export function isPanic(
  instances: number,
  ejected: number,
  { panicThreshold }: EjectionRules,
): boolean {
  return instances - ejected < instances * panicThreshold;
}

/** Ejects an instance. Its failure counts start anew, so that only what it does afterwards counts. */
export function eject(
  stats: InstanceStats,
  now: number,
  { baseEjectionMs, maxEjectionMs }: EjectionRules,
): void {
  // Healthy for longer than the longest ejection: earlier ejections no longer count.
  if (now - stats.ejectedUntil > maxEjectionMs) stats.ejections = 0;
  stats.ejections++;
  stats.ejectedUntil = now + Math.min(maxEjectionMs, baseEjectionMs * stats.ejections);
  stats.warmSince = stats.ejectedUntil;
  stats.consecutiveFailures = 0;
  stats.windowEnds = -Infinity;
}
