import { isRecord, parseAnnouncement } from '@rollcall/protocol';
import type { EventName } from '@rollcall/protocol';
import { Pace } from './pace.ts';

/** Why an event was dropped: a later one of the same instance superseded it, or too many were waiting. */
export type DropReason = 'superseded' | 'full';

export interface InboxOptions<From> {
  /** Takes in an event. */
  readonly take: (event: EventName, data: unknown, now: number, from: From) => void;
  readonly onDropped: (why: DropReason) => void;
}

/** More than all gateways of a large deployment answer at once. */
const MAX_STATEMENTS = 50_000;

interface Waiting<From> {
  readonly from: From;
  readonly event: EventName;
  readonly data: unknown;
  readonly statements: number;
}

/**
 * Hands on the events of the registry, in the order in which they came. The first is taken in at once. Many are taken in
 * by and by, because requests need the same event loop: meanwhile a later announcement of an instance takes the place of
 * an earlier one, if both are valid. What finds no room is dropped, and the next roll call makes up for it.
 */
export class Inbox<From extends { readonly name: string }> {
  readonly #options: InboxOptions<From>;
  /** By sender, event, instance and where it is reached, or numbered. */
  readonly #waiting = new Map<string | number, Waiting<From>>();
  readonly #pace = new Pace(() => this.#takeFirst());
  #statements = 0;
  #number = 0;

  constructor(options: InboxOptions<From>) {
    this.#options = options;
  }

  /** Adds an event. `data` is as for {@link Conversation.receive}. */
  add(event: EventName, data: unknown, from: From): void {
    const key = keyOf(event, data, from.name);
    const earlier = key === undefined ? undefined : this.#waiting.get(key);
    if (key === undefined || earlier === undefined) this.#wait(key, event, data, from);
    else if (!isValid(data)) this.#wait(undefined, event, data, from);
    else if (!isValid(earlier.data)) {
      // Both wait, because an announcement that will be refused takes the place of no other.
      this.#waiting.set(key, { ...earlier, data });
      this.#wait(undefined, event, earlier.data, from);
    } else {
      this.#options.onDropped('superseded');
      // Its place stays, so that an instance which announces without end is not put off for ever.
      if (isNewer(data, earlier.data)) this.#waiting.set(key, { ...earlier, data });
    }
    this.#pace.start();
  }

  close(): void {
    this.#pace.stop();
    this.#waiting.clear();
  }

  #wait(key: string | undefined, event: EventName, data: unknown, from: From): void {
    const statements = statementsIn(data);
    if (this.#statements + statements > MAX_STATEMENTS) {
      this.#options.onDropped('full');
      return;
    }
    this.#statements += statements;
    this.#waiting.set(key ?? this.#number++, { from, event, data, statements });
  }

  /** Takes in the first event that waits, and returns whether there are more. */
  #takeFirst(): boolean {
    const [first] = this.#waiting;
    if (first === undefined) return false;
    const [key, { from, event, data, statements }] = first;
    this.#waiting.delete(key);
    this.#statements -= statements;
    this.#options.take(event, data, performance.now(), from);
    return this.#waiting.size > 0;
  }
}

/**
 * The key that two announcements share of which the later counts, if both are valid. An instance may be refused because of
 * its address or its prefix alone, so that one with others supersedes nothing. A signature is verified when its announcement
 * is taken in, so that a signed one supersedes none, and none supersedes it: either may be forged.
 */
function keyOf(event: EventName, data: unknown, from: string): string | undefined {
  if (!isRecord(data) || typeof data['id'] !== 'string' || typeof data['inc'] !== 'number') return;
  const { id, prefix, address, port, sig } = data;
  if (sig !== undefined) return;
  return JSON.stringify([from, event, id, prefix, address, port]);
}

function isValid(data: unknown): boolean {
  return parseAnnouncement(data).ok;
}

function isNewer(a: unknown, b: unknown): boolean {
  const [one, other] = [versionIn(a), versionIn(b)];
  return one.inc === other.inc ? one.seq > other.seq : one.inc > other.inc;
}

/** The version of a valid announcement. */
function versionIn(data: unknown): { readonly inc: number; readonly seq: number } {
  const { inc, seq } = isRecord(data) ? data : {};
  return { inc: Number(inc), seq: Number(seq ?? 0) };
}

/** A `table` event has many. */
function statementsIn(data: unknown): number {
  const { up, left } = isRecord(data) ? data : {};
  return 1 + lengthOf(up) + lengthOf(left);
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}
