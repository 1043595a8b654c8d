import { versionOf } from '../wire/statement.ts';
import type { TableEvent, Verdict } from '../table/events.ts';

/** What an instance was last seen by, each with its time in the caller's milliseconds. */
export interface Evidence {
  /** The run that it is of; nothing for a legacy instance. */
  readonly inc: number | undefined;
  /** When its owner last spoke, by the channel or by coming into its presence channel. */
  readonly announcedAt?: number;
  /** When another observer or the snapshot last told of it. */
  readonly relayedAt?: number;
  readonly presence?: { readonly isPresent: boolean; readonly at: number };
  readonly probe?: {
    readonly verdict: Verdict;
    /** By real traffic, or by a probe of its own. */
    readonly by: 'probe' | 'traffic';
    readonly at: number;
    /** How many ended so in a row. */
    readonly times: number;
  };
}

/** What is known by an event beside what was. Words of earlier runs count for nothing, a later run begins anew. */
export function evidenceAfter(
  was: Evidence | undefined,
  event: TableEvent,
  now: number,
): Evidence | undefined {
  switch (event.type) {
    case 'received':
    case 'relayed': {
      const run = ofRun(was, versionOf(event.statement.announcement)?.inc);
      if (run === undefined) return was;
      return event.type === 'received' ? { ...run, announcedAt: now } : { ...run, relayedAt: now };
    }
    case 'joined': {
      const run = ofRun(was, event.announcement.inc);
      return run === undefined
        ? was
        : { ...run, announcedAt: now, presence: { isPresent: true, at: now } };
    }
    case 'departed':
      if (was === undefined || was.inc !== event.inc) return was;
      return { ...was, presence: { isPresent: false, at: now } };
    case 'probed': {
      const { verdict, by } = event;
      const times = was?.probe?.verdict === verdict ? was.probe.times + 1 : 1;
      return was && { ...was, probe: { verdict, by, at: now, times } };
    }
    default:
      return was;
  }
}

/** What is held of the run that is spoken of; nothing if that run is over. */
function ofRun(was: Evidence | undefined, inc: number | undefined): Evidence | undefined {
  if (was === undefined || (inc ?? 0) > (was.inc ?? 0)) return { inc };
  return (inc ?? 0) < (was.inc ?? 0) ? undefined : was;
}
