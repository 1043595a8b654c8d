import type { Announcement } from '../announcement.ts';
import type { Statement } from '../merge.ts';
import type { Change } from './events.ts';

/**
 * What this observer holds of an instance: `up` is sent requests; `suspect` only while no other is
 * up; `down` none. An instance that has left is not in the table any more.
 */
export type Status = 'healthy' | 'suspect' | 'down';

/** One running process of a service, as an observer knows it. */
export interface Instance {
  readonly key: string;
  readonly announcement: Announcement;
  readonly status: Status;
  /** When this observer first heard of this incarnation, in the caller's milliseconds. */
  readonly since: number;
  /** An operator of this observer has it sent nothing new, until it starts anew. */
  readonly isDrained?: boolean;
}

/** An instance with the evidence for its status, and what is due when. The table's own. */
export interface Entry {
  readonly key: string;
  announcement: Announcement;
  status: Status;
  since: number;
  isDrained: boolean;
  /** Probes that have failed in a row. */
  failures: number;
  /** Probes that have succeeded in a row since it was down. */
  successes: number;
  /** A probe is under way. */
  probing: boolean;
  probeAt: number;
  leaseEnds: number;
  /** When it became suspect or down. */
  doubtedAt: number;
  /** Where it stands in its group's list, for removal at no cost. */
  slot: number;
}

export function newEntry(key: string, announcement: Announcement, now: number): Entry {
  return {
    key,
    announcement,
    status: 'healthy',
    since: now,
    isDrained: false,
    failures: 0,
    successes: 0,
    probing: false,
    probeAt: Infinity,
    leaseEnds: Infinity,
    doubtedAt: now,
    slot: -1,
  };
}

export function statementOf({ announcement }: Entry): Statement {
  return { announcement, left: false };
}

export function change(type: Change['type'], entry: Entry, why: string): Change {
  return { type, instance: { ...entry }, why };
}
