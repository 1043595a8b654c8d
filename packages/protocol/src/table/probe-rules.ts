import type { Announcement, HealthCheck } from '../wire/announcement-types.ts';
import type { Probed, Verdict } from './events.ts';
import { isOwnShortage } from './own-shortage.ts';

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

/** The request that probes an instance which announces no health check. */
export const DEFAULT_HEALTH_CHECK: HealthCheck = { path: '/health', method: 'GET' };

/** How the request of a probe ended: with the status of a response, or with an error code such as `ECONNREFUSED`. */
export type ProbeOutcome =
  | { readonly status: number }
  | { readonly code: string; readonly isConnected?: boolean };

/** What a probe of an instance requests, and where: the same for every program that probes. */
export function probeRequest({ address, port, health }: Announcement): {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
} {
  const { path, method, host } = health ?? DEFAULT_HEALTH_CHECK;
  return { host: address, port, path, method, ...(host !== undefined && { headers: { host } }) };
}

/** What a probe requested, unless it was a connection alone, and how it ended. */
export interface ProbeAttempt {
  readonly method?: string;
  readonly path?: string;
  readonly outcome: ProbeOutcome;
}

/**
 * What a probe shows about an instance. Every probe is judged by this function: those of observers, of
 * `rollcall run --health` and of `rollcall doctor`.
 *
 * The path that an instance announces has to answer with a status below 400. For an instance that announces none, any
 * proof that a program listens is enough: any status except a 5xx other than 501, since it may not serve
 * {@link DEFAULT_HEALTH_CHECK} to strangers or at all, and a response that is not HTTP, for which Node has
 * codes that begin with `HPE_`.
 */
export function probeVerdict(
  outcome: ProbeOutcome,
  { health }: Pick<Announcement, 'health'>,
): Verdict {
  const isAnnounced = health !== undefined;
  if ('status' in outcome) {
    const { status } = outcome;
    const isHealthy = status < (isAnnounced ? 400 : 500) || (!isAnnounced && status === 501);
    return isHealthy ? 'ok' : 'failed';
  }
  if (outcome.code === 'ECONNREFUSED') return 'refused';
  if (outcome.code === 'ETIMEDOUT') return outcome.isConnected === true ? 'timeout' : 'unreachable';
  if (isOwnShortage(outcome.code)) return 'unknown';
  return !isAnnounced && outcome.code.startsWith('HPE_') ? 'ok' : 'failed';
}

/** What came of a probe, in words, such as `GET /health answered 401`; undefined if the verdict says it all. */
export function describeProbed({ verdict, attempt }: Omit<Probed, 'by'>): string | undefined {
  if (verdict === 'unreachable') return 'it accepted no connection in time';
  if (verdict === 'unknown') return 'this machine lacks descriptors, ports or memory';
  if (verdict === 'ok' || verdict === 'refused' || attempt === undefined) return undefined;
  const { method, path, outcome } = attempt;
  const request = method === undefined ? 'the connection' : `${method} ${path}`;
  if ('status' in outcome) return `${request} answered ${outcome.status}`;
  if (verdict === 'timeout') return `${request} was not answered in time`;
  return `${request} failed with ${outcome.code}`;
}

/** Why an instance is no longer healthy after so many probes in a row. */
export function whyFailed(probed: Probed, count: number): string {
  const cause = describeProbed(probed);
  // One request may have timed out several times.
  if (probed.verdict === 'timeout') return cause ?? 'a probe was not answered in time';
  const probes = count === 1 ? 'a probe failed' : `${count} probes failed`;
  return cause === undefined ? probes : `${probes}: ${cause}`;
}

/** A factor from 0.5 to 1 that depends on the key alone: instances that register together are not probed together. */
export function spread(key: string): number {
  let hash = 0;
  for (let at = 0; at < key.length; at++) hash = (hash * 31 + key.charCodeAt(at)) >>> 0;
  return 0.5 + (hash % 1000) / 2000;
}
