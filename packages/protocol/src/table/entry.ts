import type { Announcement } from '../wire/announcement-types.ts';
import type { Statement } from '../wire/statement.ts';
import type { Change } from './events.ts';
import type { Status } from './instance.ts';
import { NO_SIGHTINGS } from './sightings.ts';
import type { Sighting } from './sightings.ts';

/** An instance with the evidence for its status and the times at which something is due. Internal to the table. */
export interface Entry {
  readonly key: string;
  announcement: Announcement;
  status: Status;
  since: number;
  isDrained: boolean;
  /** See {@link Instance.configuredAs}. */
  configuredAs: string | undefined;
  /** Consecutive probes that failed, except by a timeout. */
  failures: number;
  /** Consecutive probes that timed out. Unlike a failure, a request that is answered makes up for them. */
  timeouts: number;
  /** Another gateway has reported that a probe of it failed, and it has not answered since. */
  isReported: boolean;
  /** When this observer last reported it. */
  foundAt: number;
  /** Consecutive probes that succeeded since it was down. */
  successes: number;
  /** A probe is in progress. */
  isProbing: boolean;
  /** The probe in progress has timed out, and is still waited for. */
  isOverdue: boolean;
  /** Consecutive requests of probes that were answered too late. */
  lateAnswers: number;
  /** Until then no request probes it. */
  pausedUntil: number;
  /** When the latest probe began that made a request. */
  requestedAt: number;
  /** When it last answered real traffic. */
  servedAt: number;
  /** When to probe it next. */
  probeAt: number;
  leaseEndsAt: number;
  /** When it last ceased to be healthy. */
  doubtedAt: number;
  /** Its owner has announced it at its endpoint to this observer itself, not only to another one. */
  isConfirmed: boolean;
  /** This observer's first news of the run at its endpoint came from its owner, or it was announced anew after it had seemed to be over. */
  hasClaimed: boolean;
  /** This observer's first news of the run at its endpoint came from a snapshot. */
  isRestored: boolean;
  /** Whether it is in its presence channel, as far as this observer knows. */
  isPresent: boolean;
  /** By the numbers of the brokers that this observer is connected to and that have shown whether it is there. */
  sightings: ReadonlyMap<number, Sighting>;
  /** Since when its owner is gone: it left its presence channel, or its lease has lapsed. */
  goneAt: number;
  /** A server answered there that does not prove to be it, and no other one has since. */
  isUnidentified: boolean;
  /** When its port last refused a connection. */
  refusedAt: number;
  /** Its owner is gone and its port was refused, or another instance has taken its endpoint: probes prove nothing for it. */
  hasEnded: boolean;
  /** Another entry of its prefix at the same endpoint stands for both. */
  isHidden: boolean;
  /** Its index in its group's list, so that removing it costs the same however long the list is. */
  slot: number;
}

/** The evidence for an instance at an address and port of which there is no news yet. */
const NEW_ENDPOINT = {
  failures: 0,
  timeouts: 0,
  isReported: false,
  foundAt: -Infinity,
  successes: 0,
  lateAnswers: 0,
  pausedUntil: -Infinity,
  requestedAt: -Infinity,
  servedAt: -Infinity,
  isConfirmed: false,
  hasClaimed: true,
  isRestored: false,
  isUnidentified: false,
  refusedAt: -Infinity,
};

/** Forgets what an instance showed at its previous address and port. */
export function forgetEndpoint(entry: Entry): void {
  Object.assign(entry, NEW_ENDPOINT);
}

/** Creates a healthy entry, for which no check is due yet. */
export function newEntry(key: string, announcement: Announcement, now: number): Entry {
  return {
    key,
    announcement,
    status: 'healthy',
    since: now,
    isDrained: false,
    configuredAs: undefined,
    ...NEW_ENDPOINT,
    isProbing: false,
    isOverdue: false,
    probeAt: Infinity,
    leaseEndsAt: Infinity,
    doubtedAt: now,
    isPresent: false,
    sightings: NO_SIGHTINGS,
    goneAt: Infinity,
    hasEnded: false,
    isHidden: false,
    slot: -1,
  };
}

/** How many probes in a row did not succeed. One of another gateway counts beside those of this one, and never alone. */
export function faults({
  failures,
  timeouts,
  isReported,
}: Pick<Entry, 'failures' | 'timeouts' | 'isReported'>): number {
  const own = failures + timeouts;
  return own > 0 && isReported ? own + 1 : own;
}

/** What a table knows of an instance that has not left. */
export function statementOf({ announcement }: Entry): Statement {
  return { announcement, left: false };
}

/** A change of an entry, with a copy of the entry as it is now. */
export function change(type: Change['type'], entry: Entry, why: string): Change {
  return { type, instance: { ...entry }, why };
}
