import type { Announcement, HealthCheck } from '../wire/announcement-types.ts';
import type { Verdict } from './events.ts';

/**
 * Which instances an observer probes: `always` all of them, again and again; only the ones that are `suspect` or
 * down; or `never` any.
 */
export type Probing = 'never' | 'suspect' | 'always';

/** How instances are probed, and how many results in a row change their status. */
export interface ProbeRules {
  /** Milliseconds between two probes of a healthy instance. Default 800. A hang is detected within two intervals and a timeout. */
  readonly intervalMs: number;
  /** Milliseconds within which the head of the response has to arrive. Default 1000. */
  readonly timeoutMs: number;
  /** Consecutive failures after which an instance is down. Default 2. A refused connection takes it down at once. */
  readonly failureThreshold: number;
  /** Consecutive successes after which an instance that was down is healthy. Default 1. */
  readonly successThreshold: number;
}

/** The rules that apply unless others are configured. */
export const DEFAULT_PROBE_RULES: ProbeRules = {
  intervalMs: 800,
  timeoutMs: 1000,
  failureThreshold: 2,
  successThreshold: 1,
};

/** The request that probes an instance which announces no health check. */
export const DEFAULT_HEALTH_CHECK: HealthCheck = { path: '/health', method: 'GET' };

/** How the request of a probe ended: with the status of a response, or with an error code such as `ECONNREFUSED`. */
export type ProbeOutcome = { readonly status: number } | { readonly code: string };

/**
 * What a probe shows about an instance. Every probe is judged by this function: those of observers, of
 * `rollcall run --health` and of `rollcall doctor`.
 *
 * A status below 400 is healthy. For an instance that announces no health check, so is any proof that a
 * program listens: a 404, since it may not serve {@link DEFAULT_HEALTH_CHECK}, and a response that is not
 * HTTP, for which Node has codes that begin with `HPE_`.
 */
export function probeVerdict(
  outcome: ProbeOutcome,
  { health }: Pick<Announcement, 'health'>,
): Verdict {
  const isAnnounced = health !== undefined;
  if ('status' in outcome) {
    const isHealthy = outcome.status < 400 || (!isAnnounced && outcome.status === 404);
    return isHealthy ? 'ok' : 'failed';
  }
  if (outcome.code === 'ECONNREFUSED') return 'refused';
  return !isAnnounced && outcome.code.startsWith('HPE_') ? 'ok' : 'failed';
}

/** A factor from 0.5 to 1 that depends on the key alone: instances that register together are not probed together. */
export function spread(key: string): number {
  let hash = 0;
  for (let at = 0; at < key.length; at++) hash = (hash * 31 + key.charCodeAt(at)) >>> 0;
  return 0.5 + (hash % 1000) / 2000;
}
