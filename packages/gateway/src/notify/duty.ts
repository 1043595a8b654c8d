import type { NewsItem } from './news.ts';
import { digest, turnsOf } from './rendezvous.ts';

/** Events that are sent together. */
export interface Message {
  /** The same for all gateways that send the events of one time, so that a receiver can drop what it has. */
  readonly id: string;
  /** That time, as the number of a group. */
  readonly group: number;
  readonly items: readonly NewsItem[];
}

/** What a gateway reports to the others when a target has accepted a message: of each subject, its state. */
export interface Sent {
  readonly group: number;
  readonly about: readonly (readonly [subject: string, state: string])[];
}

/** What it is the turn of a gateway to send. */
interface Due {
  readonly messages: readonly Message[];
  /** Gateways whose turn it was before. */
  readonly missed: readonly string[];
}

interface DutyOptions {
  /** This run of the gateway. */
  readonly self: () => string;
  /** The other gateways that are there. */
  readonly others: () => readonly string[];
  /** What all gateways call the target. */
  readonly target: string;
  readonly groupMs: () => number;
}

/** How long each gateway may take before it is the turn of the next. More than a request may take. */
export const TURN_MS = 15_000;
/** The same of a subject is news again after this time. */
const REPEAT_MS = 3_600_000;
/** When a message is reported at the latest. It is dropped after ten minutes. */
const MAX_LATE_MS = 720_000;
const MAX_SUBJECTS = 10_000;
/** Events that wait. More are too many for people to read. */
const MAX_PENDING = 1000;
const MAX_SHARED = 100;

/**
 * Decides which events a target is notified of, and by which gateway. Events of one time are a group, and the gateways take
 * turns in an order that each group has. The first sends the events that it has seen, and reports that to the others. Each next
 * one sends the events that nothing was reported of by its turn.
 */
export class Duty {
  readonly #options: DutyOptions;
  #pending: NewsItem[] = [];
  /** The state of each subject of which the target was notified, or will be. */
  readonly #states = new Map<string, { readonly state: string; readonly at: number }>();
  /** When the target was notified of a state of a subject, by any gateway. */
  readonly #sent = new Map<string, number>();
  /** Groups of which another gateway has sent events. */
  readonly #shared = new Map<number, true>();

  constructor(options: DutyOptions) {
    this.#options = options;
  }

  /** Takes in an event of which the target is notified. */
  add(item: NewsItem): void {
    const subject = digest(item.subject);
    const known = this.#states.get(subject);
    if (item.after !== undefined && !item.after.includes(known?.state ?? '')) return;
    // A certificate has a state for each of its stages.
    const isRepeated = item.kind !== 'certificate' && item.at - (known?.at ?? 0) >= REPEAT_MS;
    if (known?.state === item.state && !isRepeated) return;
    keep(this.#states, subject, { state: item.state, at: item.at }, MAX_SUBJECTS);
    // A suspicion that was soon over, or confirmed, was none.
    const waits = (each: NewsItem): boolean => each.subject === item.subject && isPassing(each);
    const wasPassing = this.#pending.some(waits);
    if (wasPassing) this.#pending = this.#pending.filter((each) => !waits(each));
    const isOver = wasPassing && item.after !== undefined;
    if (!isOver && this.#pending.length < MAX_PENDING) this.#pending.push(item);
  }

  /** A subject is gone. */
  forget(subject: string): void {
    this.#states.delete(digest(subject));
  }

  /** Returns what it is the turn of this gateway to send. */
  due(now: number): Due {
    const { others, target } = this.#options;
    const self = this.#options.self();
    const groupMs = this.#options.groupMs();
    const messages: Message[] = [];
    const missed = new Set<string>();
    for (const [group, items] of this.#groups()) {
      const turns = turnsOf(`${target} ${group}`, [self, ...others()]);
      const turn = turns.indexOf(self);
      if (now < (group + 1) * groupMs + turn * TURN_MS) continue;
      const isShared = this.#shared.has(group);
      if (!isShared) for (const each of turns.slice(0, turn)) missed.add(each);
      const id = digest(`${target} ${group}${isShared ? ` ${self}` : ''}`);
      messages.push({ id, group, items });
    }
    const taken = new Set(messages.flatMap(({ items }) => items));
    this.#pending = this.#pending.filter((each) => !taken.has(each));
    return { messages, missed: [...missed] };
  }

  /** Returns the events of which no gateway has notified the target since they happened: all that is to be sent. */
  remaining(items: readonly NewsItem[]): NewsItem[] {
    return items.filter(({ subject, state, at }) => {
      const sent = this.#sent.get(pairOf(digest(subject), state));
      return sent === undefined || sent < at;
    });
  }

  /** The target has accepted a message. Returns what the other gateways have to know. */
  accepted({ group, items }: Pick<Message, 'group' | 'items'>): Sent {
    const about = items.map(({ subject, state }) => [digest(subject), state] as const);
    // Much may have happened while it was sent.
    for (const { subject, state, at } of items) this.#note([digest(subject), state], at, at);
    return { group, about };
  }

  /** Another gateway has notified the target. */
  heard({ group, about }: Sent, now: number): void {
    keep(this.#shared, group, true, MAX_SHARED);
    const groupMs = this.#options.groupMs();
    const end = (group + 1) * groupMs;
    // What it has seen may be seen here in the next group. If this was long ago, its groups are of another length.
    const until = now - end > MAX_LATE_MS ? now : Math.min(now, end + groupMs);
    // It may have missed what was seen here of that time.
    for (const each of about) this.#note(each, Math.min(now, end - groupMs), until);
  }

  /**
   * @param at when it was so
   * @param until up to when the same is not sent again
   */
  #note([subject, state]: Sent['about'][number], at: number, until: number): void {
    const known = this.#states.get(subject);
    if (known === undefined || known.at <= at)
      keep(this.#states, subject, { state, at }, MAX_SUBJECTS);
    keep(this.#sent, pairOf(subject, state), until, MAX_SUBJECTS);
  }

  /** The events that wait, by group. */
  #groups(): ReadonlyMap<number, NewsItem[]> {
    const groups = new Map<number, NewsItem[]>();
    const groupMs = this.#options.groupMs();
    for (const item of this.#pending) {
      const group = Math.floor((item.at + (isPassing(item) ? groupMs : 0)) / groupMs);
      groups.set(group, [...(groups.get(group) ?? []), item]);
    }
    return groups;
  }
}

/** Whether what an event says is often over soon, so that it waits. */
function isPassing({ kind }: NewsItem): boolean {
  return kind === 'suspect';
}

function pairOf(subject: string, state: string): string {
  return `${subject} ${state}`;
}

/** Sets an entry as the latest one. The oldest gives way. */
function keep<Key, Value>(kept: Map<Key, Value>, key: Key, value: Value, max: number): void {
  kept.delete(key);
  kept.set(key, value);
  if (kept.size <= max) return;
  for (const oldest of kept.keys()) {
    kept.delete(oldest);
    return;
  }
}
