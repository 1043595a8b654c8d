import { evidenceAfter, isShown } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import { configuredKey, instanceKey } from '../wire/statement.ts';
import type { Refusal } from '../wire/refusal.ts';
import { isChange } from '../table/events.ts';
import type { Change, Effect, TableEvent } from '../table/events.ts';
import { describeProbed } from '../table/probe.ts';
import type { Probed } from '../table/probe.ts';

/** Something that an observer learned about an instance, and what it changed. */
export interface JournalEntry {
  /** When it came first and last, without a change in between: milliseconds of the observer's clock. */
  readonly at: number;
  readonly last: number;
  readonly times: number;
  /** What came, such as `probe: refused`; undefined if time passed. */
  readonly what: string | undefined;
  /** What it changed. */
  readonly change: Change['type'] | undefined;
  /** Why it did. */
  readonly why: string | undefined;
}

/** A message that an observer refused. */
export interface RefusedEntry {
  readonly at: number;
  readonly event: string;
  readonly refusal: Refusal;
}

/** Enough to explain a crash, and bounded however long an observer runs. */
const MAX_ENTRIES = 50;
const MAX_GONE = 1000;
const MAX_LINK_ENTRIES = 50;
const MAX_REFUSED = 50;

/**
 * What happened to each instance and why, so that an operator can be shown it. Instances that have left are
 * remembered too, up to a limit.
 */
export class Journal {
  readonly #histories = new Map<string, readonly JournalEntry[]>();
  readonly #evidence = new Map<string, Evidence>();
  /** Prefixes of the instances that are gone, in the order in which they went. */
  readonly #gone = new Map<string, string>();
  #link: readonly JournalEntry[] = [];
  readonly #refused: RefusedEntry[] = [];

  /** Records an event and its effects. */
  record(event: TableEvent, effects: readonly Effect[], at: number): void {
    // V8 holds a fraction in an object of its own, and a table of 100,000 has a million of these times.
    const now = Math.round(at);
    const subject = subjectOf(event);
    if (event.type === 'link') {
      const what = event.isUp ? 'connected' : 'disconnected';
      this.#link = noted(this.#link, { what }, now, MAX_LINK_ENTRIES);
    }
    const changes = effects.filter(isChange);
    const own = changes.find(({ instance }) => instance.key === subject?.key);
    // An instance that was never in the table has no history, such as one of which only an exit came.
    if (subject !== undefined && (own !== undefined || this.#histories.has(subject.key))) {
      if (own !== undefined || !isRoutine(event)) this.#note(subject.key, subject.what, own, now);
      const evidence = evidenceAfter(this.#evidence.get(subject.key), event, now);
      if (evidence !== undefined) this.#evidence.set(subject.key, evidence);
    }
    for (const change of changes)
      if (change !== own) this.#note(change.instance.key, undefined, change, now);
  }

  /** Records a message that was refused. */
  refuse(event: string, refusal: Refusal, now: number): void {
    this.#refused.push({ at: now, event, refusal });
    if (this.#refused.length > MAX_REFUSED) this.#refused.shift();
  }

  /** The history of an instance, oldest entry first. */
  of(key: string): readonly JournalEntry[] {
    return this.#histories.get(key) ?? [];
  }

  /** The latest evidence for and against an instance. */
  evidenceOf(key: string): Evidence | undefined {
    return this.#evidence.get(key);
  }

  /** The keys of the instances of a prefix that are gone, the latest last. */
  gone(prefix: string): string[] {
    return [...this.#gone].filter(([, each]) => each === prefix).map(([key]) => key);
  }

  /** The history of the observer's own connection to the channel. */
  get link(): readonly JournalEntry[] {
    return this.#link;
  }

  /** The messages that were refused, the latest last. */
  get refused(): readonly RefusedEntry[] {
    return this.#refused;
  }

  #note(key: string, what: string | undefined, change: Change | undefined, now: number): void {
    const history = this.#histories.get(key) ?? [];
    const note = { what, change: change?.type, why: change?.why };
    this.#histories.set(key, noted(history, note, now, MAX_ENTRIES));
    if (change === undefined) return;
    this.#gone.delete(key);
    if (change.type === 'left' || change.type === 'forgotten') this.#bury(key, change);
  }

  #bury(key: string, { instance }: Change): void {
    this.#gone.set(key, instance.announcement.prefix);
    if (this.#gone.size <= MAX_GONE) return;
    for (const oldest of this.#gone.keys()) {
      this.#gone.delete(oldest);
      this.#histories.delete(oldest);
      this.#evidence.delete(oldest);
      return;
    }
  }
}

interface Note {
  readonly what: string | undefined;
  readonly change?: Change['type'] | undefined;
  readonly why?: string | undefined;
}

/** A history with one note more. A repetition of its last entry, or of a renewal since the latest change, is counted there instead. */
function noted(
  history: readonly JournalEntry[],
  { what, change, why }: Note,
  now: number,
  max: number,
): readonly JournalEntry[] {
  // An owner's renewal says nothing new, even if probes came in between.
  const isRenewal = what?.startsWith('register ') === true;
  const since = history.findLastIndex((entry) => entry.change !== undefined);
  const at = isRenewal ? history.findLastIndex((entry) => entry.what === what) : history.length - 1;
  const same = history[at];
  if (change === undefined && same?.what === what && at > since && same) {
    return history.with(at, { ...same, last: now, times: same.times + 1 });
  }
  const entry = { at: now, last: now, times: 1, what, change, why };
  // One that grows, as by a spread, has room for sixteen more.
  return history.slice(history.length < max ? 0 : 1).concat(entry);
}

/** The instance that an event concerns, and the event in words. */
function subjectOf(event: TableEvent): { key: string; what: string } | undefined {
  switch (event.type) {
    case 'received':
    case 'relayed': {
      const { announcement, left } = event.statement;
      const { inc, seq } = announcement;
      const message = left ? 'exit' : 'register';
      const by = event.type === 'received' ? 'its owner' : 'another observer or the snapshot';
      const version = inc === undefined ? '' : ` (inc ${inc}, seq ${seq ?? 0})`;
      return { key: instanceKey(announcement), what: `${message} from ${by}${version}` };
    }
    case 'joined':
      return { key: instanceKey(event.announcement), what: 'presence: joined' };
    case 'configured':
      return { key: configuredKey(event.announcement), what: `configuration: ${event.url}` };
    case 'unconfigured':
      return { key: event.key, what: 'configuration: removed' };
    case 'departed':
      return { key: event.id, what: 'presence: gone' };
    case 'probed':
      return isShown(event) ? { key: event.key, what: describe(event) } : undefined;
    case 'reported':
      return { key: event.key, what: 'another gateway: a probe failed' };
    case 'drained':
    case 'undrained':
      return { key: event.key, what: `operator: ${event.type}` };
    case 'dismissed':
      return { key: event.key, what: 'operator: forgotten' };
    case 'disowned':
      return { key: event.key, what: 'configuration: owners have changed' };
    case 'prefix-dismissed':
    case 'unseen':
    case 'link':
    case 'tick':
      return undefined;
  }
}

/** Whether an event comes so often that a history would hold nothing else, unless it changes something. */
function isRoutine(event: TableEvent): boolean {
  if (event.type === 'configured') return true;
  return event.type === 'probed' && event.by === 'traffic' && event.verdict === 'ok';
}

/** Such as `probe: ok`, or `probe: failed (GET /health answered 503)`. */
function describe(probed: Probed): string {
  const cause = describeProbed(probed);
  return `${probed.by}: ${probed.verdict}${cause === undefined ? '' : ` (${cause})`}`;
}
