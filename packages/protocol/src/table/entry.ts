import type { Announcement } from '../wire/announcement-types.ts';
import type { Statement } from '../wire/statement.ts';
import type { Change } from './events.ts';
import type { Status } from './instance.ts';

/** An instance with the evidence for its status and the times at which something is due. Internal to the table. */
export interface Entry {
  readonly key: string;
  announcement: Announcement;
  status: Status;
  since: number;
  isDrained: boolean;
  /** Consecutive probes that failed, except by a timeout. */
  failures: number;
  /** Consecutive probes that timed out. Unlike a failure, a request that is answered makes up for them. */
  timeouts: number;
  /** Consecutive probes that succeeded since it was down. */
  successes: number;
  /** A probe is in progress. */
  isProbing: boolean;
  /** When the latest probe began, and the latest that made a request. */
  probedAt: number;
  requestedAt: number;
  /** When it last answered real traffic. */
  servedAt: number;
  /** When to probe it next. */
  probeAt: number;
  leaseEndsAt: number;
  /** When it last ceased to be healthy. */
  doubtedAt: number;
  /** Its index in its group's list, so that removing it costs the same however long the list is. */
  slot: number;
}

/** A healthy entry, which is due for nothing yet. */
export function newEntry(key: string, announcement: Announcement, now: number): Entry {
  return {
    key,
    announcement,
    status: 'healthy',
    since: now,
    isDrained: false,
    failures: 0,
    timeouts: 0,
    successes: 0,
    isProbing: false,
    probedAt: -Infinity,
    requestedAt: -Infinity,
    servedAt: -Infinity,
    probeAt: Infinity,
    leaseEndsAt: Infinity,
    doubtedAt: now,
    slot: -1,
  };
}

/** What a table knows of an instance that has not left. */
export function statementOf({ announcement }: Entry): Statement {
  return { announcement, left: false };
}

/** A change of an entry, with a copy of the entry as it is now. */
export function change(type: Change['type'], entry: Entry, why: string): Change {
  return { type, instance: { ...entry }, why };
}
