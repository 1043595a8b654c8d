/**
 * Which instances an observer probes: `always` all of them, again and again; only the ones that are `suspect` or
 * down; or `never` any.
 */
export type Probing = 'never' | 'suspect' | 'always';

/** How instances are probed, and how many results in a row change their status. */
export interface ProbeRules {
  /** Milliseconds between two probes of a healthy instance without traffic. Default 800. Most open a connection only. */
  readonly intervalMs: number;
  /** Milliseconds between two probes of it that make a request. Default 2000. A hang is detected within this and two timeouts. */
  readonly requestIntervalMs: number;
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
  requestIntervalMs: 2000,
  timeoutMs: 1000,
  failureThreshold: 2,
  successThreshold: 1,
};

/** A factor from 0.5 to 1 that depends on the key alone: instances that register together are not probed together. */
export function spread(key: string): number {
  let hash = 0;
  for (let at = 0; at < key.length; at++) hash = (hash * 31 + key.charCodeAt(at)) >>> 0;
  return 0.5 + (hash % 1000) / 2000;
}
