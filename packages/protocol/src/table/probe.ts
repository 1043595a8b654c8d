import type { Announcement, HealthCheck } from '../wire/announcement-types.ts';
import { isOwnShortage, OWN_SHORTAGE } from './own-shortage.ts';

/** How the request of a probe ended: with the status of a response, or with an error code such as `ECONNREFUSED`. */
export type ProbeOutcome =
  | { readonly status: number }
  | {
      readonly code: string;
      readonly isConnected?: boolean | undefined;
      /** With {@link IDENTITY_FAILURE}: what the certificate had to be for, and what is wrong with it. */
      readonly reason?: string | undefined;
    };

/** The code of a connection that was ended because the certificate does not prove that it leads to the instance. */
export const IDENTITY_FAILURE = 'ERR_INSTANCE_IDENTITY';

/** What a probe requested, unless it was a connection alone, and how it ended. */
export interface ProbeAttempt {
  readonly method?: string;
  readonly path?: string;
  readonly outcome: ProbeOutcome;
}

/**
 * How a probe or a request ended: `ok`; `refused`, its port refused the connection, which is proof that
 * no process listens there; `timeout`, it accepted the connection and nothing came in time, which a busy instance and one
 * that hangs have in common; `unreachable`, no connection was made in time, as when its host is lost or the queue of a busy
 * instance is full; `unidentified`, its certificate does not prove that it is this instance, so it was sent nothing;
 * `failed`, anything else, such as a 5xx response; or `unknown`, it was not sent, because this machine lacks descriptors or
 * memory.
 */
export type Verdict =
  | 'ok'
  | 'refused'
  | 'timeout'
  | 'unreachable'
  | 'unidentified'
  | 'failed'
  | 'unknown';

/** What showed how an instance is: a probe's request, a probe's connection without a request, or real traffic. */
export type ProbedBy = 'probe' | 'connect' | 'traffic';

/** The end of a probe, or of a request that counts as one. */
export interface Probed {
  readonly verdict: Verdict;
  readonly by: ProbedBy;
  /** The probe has timed out, and its answer is still waited for: its end, or another timeout, is reported later. */
  readonly isPending?: boolean | undefined;
  /** What the probe requested and what came of it. */
  readonly attempt?: ProbeAttempt | undefined;
  /** When it answered real traffic, if that was counted and is reported only now: then it brings no instance back. */
  readonly at?: number | undefined;
}

/** The request that probes an instance which announces no health check. */
export const DEFAULT_HEALTH_CHECK: HealthCheck = { path: '/health', method: 'GET' };

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
  if (outcome.code === IDENTITY_FAILURE) return 'unidentified';
  if (isOwnShortage(outcome.code)) return 'unknown';
  return !isAnnounced && outcome.code.startsWith('HPE_') ? 'ok' : 'failed';
}

/** What came of a probe, in words, such as `GET /health answered 401`; undefined if the verdict says it all. */
export function describeProbed({ verdict, attempt }: Omit<Probed, 'by'>): string | undefined {
  if (verdict === 'unreachable') return 'it accepted no connection in time';
  if (verdict === 'unknown') return OWN_SHORTAGE;
  if (verdict === 'ok' || verdict === 'refused' || attempt === undefined) return undefined;
  const { method, path, outcome } = attempt;
  const request = method === undefined ? 'the connection' : `${method} ${path}`;
  if ('status' in outcome) return `${request} answered ${outcome.status}`;
  if (verdict === 'unidentified')
    return `it does not prove who it is: ${outcome.reason ?? outcome.code}`;
  if (REFUSED_CERTIFICATE.test(outcome.code))
    return `it refused the certificate of this observer, or the lack of one (${outcome.code})`;
  if (verdict === 'timeout') return `${request} was not answered in time`;
  if (outcome.code.startsWith('HPE_'))
    return `${request} was not answered in HTTP/1.1, but perhaps in HTTP/2 or TLS (${outcome.code})`;
  return `${request} failed with ${outcome.code}`;
}

/** Alerts of TLS by which a server answers the certificate of its client, or that there is none (RFC 8446 §6.2). */
const REFUSED_CERTIFICATE =
  /^ERR_SSL_\w*ALERT_(?:CERTIFICATE_|BAD_CERTIFICATE$|UNSUPPORTED_CERTIFICATE$|UNKNOWN_CA$|ACCESS_DENIED$)/;

/** Why an instance is no longer healthy after so many probes in a row. */
export function whyFailed(probed: Probed, count: number): string {
  const cause = describeProbed(probed);
  // One request may have timed out several times.
  if (probed.verdict === 'timeout') return cause ?? 'a probe was not answered in time';
  if (probed.verdict === 'unidentified') return cause ?? 'it does not prove who it is';
  const probes = count === 1 ? 'a probe failed' : `${count} probes failed`;
  return cause === undefined ? probes : `${probes}: ${cause}`;
}
