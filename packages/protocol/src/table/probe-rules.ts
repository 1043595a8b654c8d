/**
 * Which instances an observer probes: `always` all of them, again and again; only those that are
 * `suspect` or down; or `never` any.
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

/** The path that is probed on an instance that announces no health path. */
export const DEFAULT_HEALTH_PATH = '/health';

/**
 * Whether the status of a response to a probe means that the instance is healthy: 1xx, 2xx and 3xx do.
 * On {@link DEFAULT_HEALTH_PATH}, which its owner did not announce, 404 does too: the instance answers,
 * and has no such path.
 */
export function isHealthyStatus(status: number, isPathAnnounced: boolean): boolean {
  return status < 400 || (!isPathAnnounced && status === 404);
}

/** A factor from 0.5 to 1 that depends on the key alone: instances that register together are not probed together. */
export function spread(key: string): number {
  let hash = 0;
  for (let at = 0; at < key.length; at++) hash = (hash * 31 + key.charCodeAt(at)) >>> 0;
  return 0.5 + (hash % 1000) / 2000;
}
