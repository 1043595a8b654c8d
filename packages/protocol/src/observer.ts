import { encodeAnnouncement } from './announcement.ts';
import { digestOf, hasNews, notIn } from './digest.ts';
import { EVENTS, parseDiscoveryEvent } from './events.ts';
import type { DiscoveryEvent, EventName, TablePiece } from './events.ts';
import type { Statement } from './merge.ts';
import type { Refusal } from './refusal.ts';
import type { Effect, TableEvent } from './table/events.ts';
import { RULES } from './table/rules.ts';
import { Table } from './table/table.ts';

export interface ObserverOptions {
  readonly probes: boolean;
  /** Answer the roll calls of others, and call the roll now and then. */
  readonly answers: boolean;
  /** Milliseconds between two roll calls, so that what was lost on the way is made up for. Default: {@link RULES}. */
  readonly askEvery?: number;
  /** A name for a roll call that no other has: 1 to 64 of `A-Za-z0-9_-`. */
  readonly nonce: () => string;
}

/** What an observer makes of something, for whoever has sockets and a clock to carry out. */
export interface Reaction {
  readonly effects: readonly Effect[];
  readonly publish: readonly Message[];
  readonly refusals: readonly Refusal[];
  /** It was an answer to our own roll call. */
  readonly isAnswer: boolean;
}

export interface Message {
  readonly event: EventName;
  readonly data: unknown;
}

type RollCall = Extract<DiscoveryEvent, { type: 'rollcall' }>;

const NOTHING: Reaction = { effects: [], publish: [], refusals: [], isAnswer: false };

/**
 * The conversation of an observer with the channel, around its table: what it asks when it comes, and
 * what it answers. Without sockets, clock or chance, so that the simulator runs what gateways run.
 */
export class Observer {
  readonly table: Table;
  readonly #answers: boolean;
  readonly #nonce: () => string;
  readonly #askEvery: number;
  /** The nonce of our latest roll call. */
  #asked = '';
  #askAt = Infinity;

  constructor({ probes, answers, nonce, askEvery = RULES.askEvery }: ObserverOptions) {
    this.#askEvery = answers ? askEvery : Infinity;
    this.table = new Table({ probes });
    this.#answers = answers;
    this.#nonce = nonce;
  }

  /** The channel is subscribed, for the first time or again: what was said meanwhile has to be asked for. */
  subscribed(now: number): Reaction {
    const effects = this.table.apply({ type: 'link', isUp: true }, now);
    return { ...NOTHING, effects, publish: [this.#rollCall(now)] };
  }

  disconnected(now: number): Reaction {
    this.#askAt = Infinity;
    return this.learn({ type: 'link', isUp: false }, now);
  }

  tick(now: number): Reaction {
    const publish = now >= this.#askAt ? [this.#rollCall(now)] : [];
    return { ...NOTHING, effects: this.table.apply({ type: 'tick' }, now), publish };
  }

  /** Anything else that is no message of the channel: probes and presence. */
  learn(event: TableEvent, now: number): Reaction {
    return { ...NOTHING, effects: this.table.apply(event, now) };
  }

  /** Takes in what another observer, or an earlier run of this one, knew. It has to be verified. */
  recall(statements: readonly Statement[], now: number): Reaction {
    const effects = statements.flatMap((statement) =>
      this.table.apply({ type: 'told', statement }, now),
    );
    return { ...NOTHING, effects };
  }

  /** A message of the channel. `data` is what JSON decoding gave, or text that was no JSON. */
  receive(name: string, data: unknown, now: number): Reaction {
    if (!isEventName(name)) return NOTHING;
    const parsed = parseDiscoveryEvent(name, data);
    if (!parsed.ok) return { ...NOTHING, refusals: [parsed.refusal] };
    const event = parsed.value;
    switch (event.type) {
      case 'register':
      case 'exit': {
        const statement = { announcement: event.announcement, left: event.type === 'exit' };
        return this.learn({ type: 'heard', statement }, now);
      }
      case 'rollcall': {
        if (event.nonce === this.#asked) return NOTHING;
        return { ...NOTHING, publish: this.#hearRollCall(event, now) };
      }
      case 'table': {
        // Not only answers to our own question: what is news to another may be news to us.
        const { refusals } = event;
        return {
          ...this.recall(event.statements, now),
          refusals,
          isAnswer: event.nonce === this.#asked,
        };
      }
    }
  }

  /** Whoever asks may also know what we do not, such as a gateway that was away and heard of others there. */
  #hearRollCall({ nonce, digest, isEcho }: RollCall, now: number): Message[] {
    const statements = this.table.statements(now);
    const answers = this.#answers ? answersTo(nonce, notIn(digest, statements)) : [];
    if (isEcho || !hasNews(digest, statements)) return answers;
    return [...answers, this.#rollCall(now, { echo: true })];
  }

  #rollCall(now: number, mark: { echo?: true } = {}): Message {
    this.#asked = this.#nonce();
    this.#askAt = now + this.#askEvery;
    const digest = digestOf(this.table.statements(now));
    return { event: 'rollcall', data: { nonce: this.#asked, digest, ...mark } };
  }
}

/** A Pusher event carries at most 10 KB (10 240 bytes); the rest is for the nonce and the braces. */
const PIECE_BYTES = 10_000;

/**
 * Splits statements so that each piece fits one event. Nothing to say is one empty piece: it is an
 * answer too. What does not fit an event alone cannot have come by one, and is left out.
 */
function answersTo(nonce: string, statements: readonly Statement[]): Message[] {
  const pieces: (TablePiece & { up: unknown[]; left: unknown[] })[] = [];
  let room = -1;
  for (const { announcement, left } of statements) {
    const encoded = encodeAnnouncement(announcement);
    const size = bytesOf(JSON.stringify(encoded)) + 1;
    if (size > PIECE_BYTES) continue;
    if (size > room) {
      pieces.push({ nonce, up: [], left: [] });
      room = PIECE_BYTES;
    }
    pieces.at(-1)?.[left ? 'left' : 'up'].push(encoded);
    room -= size;
  }
  if (pieces.length === 0) pieces.push({ nonce, up: [], left: [] });
  return pieces.map((data) => ({ event: 'table', data }));
}

/** At most: every character outside ASCII is taken for the longest that UTF-8 has for one UTF-16 unit. */
function bytesOf(json: string): number {
  let bytes = json.length;
  for (let at = 0; at < json.length; at++) if (json.charCodeAt(at) > 127) bytes += 2;
  return bytes;
}

function isEventName(name: string): name is EventName {
  return EVENTS.some((each) => each === name);
}
