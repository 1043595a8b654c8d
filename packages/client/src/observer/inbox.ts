import { isRecord } from '@rollcall/protocol';
import type { EventName } from '@rollcall/protocol';

/** Why an event was dropped: a later one of the same instance superseded it, or too many were waiting. */
export type DropReason = 'superseded' | 'full';

export interface InboxOptions {
  /** Takes in an event. */
  readonly take: (event: EventName, data: unknown, now: number) => void;
  readonly onDropped: (why: DropReason) => void;
}

/** Events are taken in for no longer than this at a stretch. */
const MAX_STRETCH_MS = 5;
/** And for a quarter of the time at most: after a stretch comes a rest of so many times its length. */
const REST = 3;
/** More than all gateways of a large deployment answer at once. */
const MAX_STATEMENTS = 50_000;

interface Waiting {
  readonly event: EventName;
  readonly data: unknown;
  readonly statements: number;
}

/**
 * Hands on the events of the registry, in the order in which they came. The first is taken in at once. Many are taken in
 * by and by, because requests need the same event loop: meanwhile a later announcement of an instance takes the place of
 * an earlier one. What finds no room is dropped, and the next roll call makes up for it.
 */
export class Inbox {
  readonly #options: InboxOptions;
  /** By event and instance, or numbered. */
  readonly #waiting = new Map<string | number, Waiting>();
  #statements = 0;
  #number = 0;
  #restsUntil = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** Adds an event. `data` is as for {@link Observer.receive}. */
  add(event: EventName, data: unknown): void {
    const version = versionIn(data);
    const key = version === undefined ? this.#number++ : `${event} ${version.id}`;
    const earlier = this.#waiting.get(key);
    const statements = earlier?.statements ?? statementsIn(data);
    if (earlier !== undefined) this.#options.onDropped('superseded');
    else if (this.#statements + statements > MAX_STATEMENTS) {
      this.#options.onDropped('full');
      return;
    } else this.#statements += statements;
    // Its place stays, so that an instance which announces without end is not put off for ever.
    if (earlier === undefined || !isNewer(versionIn(earlier.data), version))
      this.#waiting.set(key, { event, data, statements });
    if (this.#timer === undefined) this.#schedule();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #schedule(): void {
    const wait = this.#restsUntil - performance.now();
    if (wait <= 0) this.#takeSome();
    else this.#timer = setTimeout(() => this.#takeSome(), wait);
  }

  #takeSome(): void {
    const begun = performance.now();
    let now = begun;
    for (const [key, { event, data, statements }] of this.#waiting) {
      this.#waiting.delete(key);
      this.#statements -= statements;
      this.#options.take(event, data, now);
      now = performance.now();
      if (now - begun >= MAX_STRETCH_MS) break;
    }
    this.#restsUntil = now + REST * (now - begun);
    this.#timer = undefined;
    if (this.#waiting.size > 0) this.#schedule();
  }
}

interface Version {
  readonly id: string;
  readonly inc: number;
  readonly seq: number;
}

/** The version of an announcement that is not verified. */
function versionIn(data: unknown): Version | undefined {
  const { id, inc, seq } = isRecord(data) ? data : {};
  if (typeof id !== 'string' || typeof inc !== 'number') return undefined;
  return { id, inc, seq: typeof seq === 'number' ? seq : 0 };
}

function isNewer(a: Version | undefined, b: Version | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.inc === b.inc ? a.seq > b.seq : a.inc > b.inc;
}

/** A `table` event has many. */
function statementsIn(data: unknown): number {
  const { up, left } = isRecord(data) ? data : {};
  return 1 + lengthOf(up) + lengthOf(left);
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}
