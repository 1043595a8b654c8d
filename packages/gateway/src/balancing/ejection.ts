import type { Resolved } from '@rollcall/runtime/settings';
import type { EJECTION_SETTINGS } from '../settings/balancing.ts';
import type { InstanceStats } from './instance-stats.ts';

/** When an instance whose requests fail receives no traffic for a while, although its probes succeed. */
export type EjectionRules = Resolved<typeof EJECTION_SETTINGS>;

const WINDOW_MS = 10_000;

/** Enough to show which responses led to an ejection. */
const MAX_LATEST_FAILURES = 20;

/**
 * Notes how a request ended. Returns why the instance should be ejected, or undefined.
 * @param failure how it failed, such as `503`; undefined if it succeeded
 */
export function observeOutcome(
  stats: InstanceStats,
  failure: string | undefined,
  now: number,
  rules: EjectionRules,
): string | undefined {
  if (now >= stats.windowEnds) {
    stats.windowEnds = now + WINDOW_MS;
    stats.requests = 0;
    stats.failures = 0;
  }
  stats.requests++;
  if (failure === undefined) {
    stats.consecutiveFailures = 0;
    return undefined;
  }
  stats.failures++;
  stats.consecutiveFailures++;
  stats.latestFailures.push(failure);
  if (stats.latestFailures.length > MAX_LATEST_FAILURES) stats.latestFailures.shift();
  const { consecutiveFailures, requests, failures } = stats;
  if (consecutiveFailures >= rules.consecutiveFailures)
    return `${consecutiveFailures} failed requests in a row: ${tally(stats, consecutiveFailures)}`;
  if (requests < rules.minRequests || failures < requests * rules.failureRate) return undefined;
  return `${failures} of ${requests} requests failed within 10 s: ${tally(stats, failures)}`;
}

/** How so many latest requests failed, such as `503 ×4, no response ×1`. */
function tally({ latestFailures }: InstanceStats, count: number): string {
  const counts = new Map<string, number>();
  for (const each of latestFailures.slice(-count)) counts.set(each, (counts.get(each) ?? 0) + 1);
  return Array.from(counts, ([failure, times]) => `${failure} ×${times}`).join(', ');
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
  why: string,
  now: number,
  { baseEjectionMs, maxEjectionMs }: EjectionRules,
): void {
  // Healthy for longer than the longest ejection: earlier ejections no longer count.
  if (now - stats.ejectedUntil > maxEjectionMs) stats.ejections = 0;
  stats.ejections++;
  stats.ejectedUntil = now + Math.min(maxEjectionMs, baseEjectionMs * stats.ejections);
  stats.warmSince = stats.ejectedUntil;
  stats.ejectedBecause = why;
  stats.consecutiveFailures = 0;
  stats.latestFailures.length = 0;
  stats.windowEnds = -Infinity;
}
