import { versionOf } from '../wire/statement.ts';
import type { TableEvent } from '../table/events.ts';
import type { ProbeAttempt, Probed, ProbedBy, Verdict } from '../table/probe.ts';

/** The latest evidence for and against an instance. Times are milliseconds of the observer's clock. */
export interface Evidence {
  /** The run that it concerns; undefined for a legacy instance. */
  readonly inc: number | undefined;
  /** When its owner last announced it, on the channel or by joining its presence channel. */
  readonly announcedAt: number | undefined;
  /** When another observer or the snapshot last reported it. */
  readonly relayedAt: number | undefined;
  /** Whether it is in its presence channel, and since when. */
  readonly presence: { readonly isPresent: boolean; readonly at: number } | undefined;
  /** Its latest probe, or request that counted as one. */
  readonly probe: ProbeEvidence | undefined;
}

interface ProbeEvidence {
  readonly verdict: Verdict;
  readonly by: ProbedBy;
  /** What was requested and what came of it, unless traffic showed it. */
  readonly attempt?: ProbeAttempt;
  readonly at: number;
  /** How many consecutive ones ended so. */
  readonly times: number;
}

/** All fields from the start: a field that is added to a copy gives each copy a hidden class of its own (V8 11, Node 20). */
function noEvidence(inc: number | undefined): Evidence {
  return {
    inc,
    announcedAt: undefined,
    relayedAt: undefined,
    presence: undefined,
    probe: undefined,
  };
}

/** The evidence after an event. Events of earlier runs are ignored, and a later run starts without evidence. */
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
    case 'configured':
      return was ?? noEvidence(undefined);
    case 'departed':
      if (was === undefined || was.inc !== event.inc) return was;
      return { ...was, presence: { isPresent: false, at: now } };
    case 'probed': {
      const { verdict, by, attempt } = event;
      if (!isShown(event)) return was;
      const times = was?.probe?.verdict === verdict ? was.probe.times + 1 : 1;
      const probe = { verdict, by, at: event.at ?? now, times, ...(attempt && { attempt }) };
      return was && { ...was, probe };
    }
    default:
      return was;
  }
}

/** Whether a probe is shown to people. That a port accepts connections is no evidence beside an answered request. */
export function isShown({ by, verdict }: Probed): boolean {
  return by !== 'connect' || verdict !== 'ok';
}

/** The evidence for the run that an event concerns; undefined if that run is over. */
function ofRun(was: Evidence | undefined, inc: number | undefined): Evidence | undefined {
  if (was === undefined || (inc ?? 0) > (was.inc ?? 0)) return noEvidence(inc);
  return (inc ?? 0) < (was.inc ?? 0) ? undefined : was;
}
