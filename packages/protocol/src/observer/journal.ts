import { evidenceAfter } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import { instanceKey } from '../wire/statement.ts';
import type { Refusal } from '../wire/refusal.ts';
import type { Change, Effect, TableEvent } from '../table/events.ts';

/** Something that reached an observer, and what its rules made of it. */
export interface JournalEntry {
  /** When it came, and when it last came again without anything else between: the caller's milliseconds. */
  readonly at: number;
  readonly last: number;
  readonly times: number;
  /** What came, such as `probe: refused`; nothing if it was time that passed. */
  readonly what: string | undefined;
  /** What that changed. */
  readonly change: Change['type'] | undefined;
  /** The rule by which it did. */
  readonly why: string | undefined;
}

export interface RefusedEntry {
  readonly at: number;
  readonly event: string;
  readonly refusal: Refusal;
}

/** What is kept: enough for the story of a crash, and bounded however long an observer runs. */
const ENTRIES_EACH = 50;
const GONE = 1000;
const OF_OWN_LINK = 50;
const REFUSED = 50;

/**
 * What has happened to each instance and why, for whoever asks at 3 in the morning. Those that have
 * gone are remembered too, up to a number.
 */
export class Journal {
  readonly #histories = new Map<string, JournalEntry[]>();
  readonly #evidence = new Map<string, Evidence>();
  /** Prefixes of those that have gone, in the order they went. */
  readonly #gone = new Map<string, string>();
  readonly #link: JournalEntry[] = [];
  readonly #refused: RefusedEntry[] = [];

  /** What came, and all that the table made of it. */
  record(event: TableEvent, effects: readonly Effect[], now: number): void {
    const subject = subjectOf(event);
    if (event.type === 'link') {
      note(this.#link, { what: event.isUp ? 'connected' : 'disconnected' }, now, OF_OWN_LINK);
    }
    const changes = effects.filter(isChange);
    const own = changes.find(({ instance }) => instance.key === subject?.key);
    // Of an instance that never was in the table, such as by an exit of one unknown, there is no story.
    if (subject !== undefined && (own !== undefined || this.#histories.has(subject.key))) {
      this.#note(subject.key, subject.what, own, now);
      const evidence = evidenceAfter(this.#evidence.get(subject.key), event, now);
      if (evidence !== undefined) this.#evidence.set(subject.key, evidence);
    }
    for (const change of changes)
      if (change !== own) this.#note(change.instance.key, undefined, change, now);
  }

  refuse(event: string, refusal: Refusal, now: number): void {
    this.#refused.push({ at: now, event, refusal });
    if (this.#refused.length > REFUSED) this.#refused.shift();
  }

  /** The story of an instance, from its beginning or the oldest that is kept. */
  of(key: string): readonly JournalEntry[] {
    return this.#histories.get(key) ?? [];
  }

  /** What it was last seen by. */
  evidenceOf(key: string): Evidence | undefined {
    return this.#evidence.get(key);
  }

  /** Those of a prefix that have gone, the latest last. */
  gone(prefix: string): string[] {
    return [...this.#gone].filter(([, each]) => each === prefix).map(([key]) => key);
  }

  /** The story of our own connection to the channel. */
  get link(): readonly JournalEntry[] {
    return this.#link;
  }

  get refused(): readonly RefusedEntry[] {
    return this.#refused;
  }

  #note(key: string, what: string | undefined, change: Change | undefined, now: number): void {
    let history = this.#histories.get(key);
    if (history === undefined) this.#histories.set(key, (history = []));
    note(history, { what, change: change?.type, why: change?.why }, now, ENTRIES_EACH);
    if (change === undefined) return;
    this.#gone.delete(key);
    if (change.type === 'left' || change.type === 'forgotten') this.#bury(key, change);
  }

  #bury(key: string, { instance }: Change): void {
    this.#gone.set(key, instance.announcement.prefix);
    if (this.#gone.size <= GONE) return;
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

/** Adds to a history; what only repeats its end is counted instead. */
function note(
  history: JournalEntry[],
  { what, change, why }: Note,
  now: number,
  most: number,
): void {
  const latest = history.at(-1);
  if (change === undefined && latest?.what === what && latest?.change === undefined && latest) {
    history[history.length - 1] = { ...latest, last: now, times: latest.times + 1 };
    return;
  }
  history.push({ at: now, last: now, times: 1, what, change, why });
  if (history.length > most) history.shift();
}

function isChange(effect: Effect): effect is Change {
  return effect.type !== 'probe' && effect.type !== 'conflict' && effect.type !== 'mass-suspicion';
}

/** Which instance an event is about, and what it says in words. */
function subjectOf(event: TableEvent): { key: string; what: string } | undefined {
  switch (event.type) {
    case 'received':
    case 'relayed': {
      const { announcement, left } = event.statement;
      const { inc, seq } = announcement;
      const said = left ? 'exit' : 'register';
      const by = event.type === 'received' ? 'its owner' : 'another observer or the snapshot';
      const version = inc === undefined ? '' : ` (inc ${inc}, seq ${seq ?? 0})`;
      return { key: instanceKey(announcement), what: `${said} from ${by}${version}` };
    }
    case 'joined':
      return { key: instanceKey(event.announcement), what: 'presence: joined' };
    case 'departed':
      return { key: event.id, what: 'presence: gone' };
    case 'probed':
      return { key: event.key, what: `${event.by}: ${event.verdict}` };
    case 'drained':
    case 'undrained':
      return { key: event.key, what: `operator: ${event.type}` };
    case 'link':
    case 'tick':
      return undefined;
  }
}
