/** Whom an observer probes: nobody, those in doubt or down, or everybody again and again. */
export type Probing = 'never' | 'suspect' | 'always';

/** How instances are probed. */
export interface ProbeRules {
  /** Milliseconds between two probes of an instance that is well. Default 800: a hang is found within twice this and a time-out. */
  readonly intervalMs: number;
  /** How long an answer may take, in milliseconds. Default 1000. */
  readonly timeoutMs: number;
  /** Probes in a row that must fail before an instance is down, unless its port refuses: that is certain. Default 2. */
  readonly failureThreshold: number;
  /** Probes in a row that must succeed before one that was down is up. Default 1. */
  readonly successThreshold: number;
}

export const PROBES: ProbeRules = {
  intervalMs: 800,
  timeoutMs: 1000,
  failureThreshold: 2,
  successThreshold: 1,
};

/** From 0.5 to 1, by the key alone: instances that came together are not probed together. */
export function spread(key: string): number {
  let hash = 0;
  for (let at = 0; at < key.length; at++) hash = (hash * 31 + key.charCodeAt(at)) >>> 0;
  return 0.5 + (hash % 1000) / 2000;
}
