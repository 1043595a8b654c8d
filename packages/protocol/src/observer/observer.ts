import type { AddressPolicy } from './address-policy.ts';
import { parseAnnouncement } from '../wire/announcement.ts';
import type { Announcement } from '../wire/announcement-types.ts';
import { OBSERVER_USER_ID, parsePresenceUserId } from '../wire/channels.ts';
import { holdsAll, notIn, unknownIn } from '../wire/digest.ts';
import { EVENTS, parseDiscoveryEvent } from '../wire/events.ts';
import type { DiscoveryEvent, EventName } from '../wire/events.ts';
import { instanceKey, versionOf } from '../wire/statement.ts';
import type { Statement } from '../wire/statement.ts';
import type { Journal } from './journal.ts';
import { answersTo, rollCall } from '../wire/messages.ts';
import type { Message } from '../wire/messages.ts';
import { Peers } from './peers.ts';
import type { Member } from '../pusher/member.ts';
import { quote } from '../untrusted.ts';
import { refuse } from '../wire/refusal.ts';
import type { Parsed, Refusal } from '../wire/refusal.ts';
import type { Effect, TableEvent } from '../table/events.ts';
import type { ProbeRules, Probing } from '../table/probe-rules.ts';
import { RULES } from '../table/rules.ts';
import { Table } from '../table/table.ts';

export interface ObserverOptions {
  readonly probes: Probing;
  /** Default: PROBES. */
  readonly probeRules?: Partial<ProbeRules> | undefined;
  /** Answer the roll calls of others, and call the roll now and then. */
  readonly answers: boolean;
  /** Milliseconds between two roll calls, so that what was lost on the way is made up for. Default: {@link RULES}. */
  readonly rollCallEveryMs?: number;
  /** A name for a roll call that no other has: 1 to 64 of `A-Za-z0-9_-`. */
  readonly nonce: () => string;
  /** What a gateway calls itself in its roll calls: 1 to 64 of `A-Za-z0-9_.-`. Default: nothing. */
  readonly name?: string;
  /** Which announcements are taken. Default: all. */
  readonly policy?: AddressPolicy;
  /** Keeps what came and what was made of it. Default: nobody does. */
  readonly journal?: Journal;
}

/** What an observer makes of something, for whoever has sockets and a clock to carry out. */
export interface Reaction {
  readonly effects: readonly Effect[];
  readonly publish: readonly Message[];
  readonly refusals: readonly Refusal[];
  /** It was an answer to our own roll call. */
  readonly isAnswer: boolean;
}

type RollCall = Extract<DiscoveryEvent, { type: 'rollcall' }>;

const NOTHING: Reaction = { effects: [], publish: [], refusals: [], isAnswer: false };

/**
 * The conversation of an observer with the channel, around its table: what it asks when it comes, and
 * what it answers. Without sockets, clock or chance, so that the simulator runs what gateways run.
 */
export class Observer {
  readonly table: Table;
  /** The gateways that call the roll beside this observer. */
  readonly peers: Peers;
  readonly #answers: boolean;
  readonly #nonce: () => string;
  readonly #askEvery: number;
  readonly #name: string | undefined;
  readonly #policy: AddressPolicy;
  readonly #journal: Journal | undefined;
  /** Owners that speak as runs which are over, until they are heard as later ones. */
  readonly #behind = new Map<string, Behind>();
  /** The nonce of our latest roll call. */
  #asked = '';
  #askAt = Infinity;

  constructor(options: ObserverOptions) {
    const {
      probes,
      probeRules,
      answers,
      nonce,
      rollCallEveryMs: askEvery = RULES.rollCallEveryMs,
    } = options;
    this.table = new Table({ probes, probeRules });
    this.#answers = answers;
    this.#nonce = nonce;
    this.#askEvery = answers ? askEvery : Infinity;
    this.#name = options.name;
    this.#policy = options.policy ?? (() => undefined);
    this.#journal = options.journal;
    this.peers = new Peers(askEvery);
  }

  /** The channel is subscribed, for the first time or again: what was said meanwhile has to be asked for. */
  subscribed(now: number): Reaction {
    const effects = this.#apply({ type: 'link', isUp: true }, now);
    return { ...NOTHING, effects, publish: [this.#rollCall(now)] };
  }

  disconnected(now: number): Reaction {
    this.#askAt = Infinity;
    return this.learn({ type: 'link', isUp: false }, now);
  }

  tick(now: number): Reaction {
    const publish = now >= this.#askAt ? [this.#rollCall(now)] : [];
    for (const [id, { announcement, at, isThere }] of this.#behind) {
      if (now < at) continue;
      if (isThere) publish.push(...this.#tellBehind(id, announcement, true, now));
      else this.#behind.delete(id);
    }
    return { ...NOTHING, effects: this.#apply({ type: 'tick' }, now), publish };
  }

  /** Anything else that is no message of the channel: probes and presence. */
  learn(event: TableEvent, now: number): Reaction {
    return { ...NOTHING, effects: this.#apply(event, now) };
  }

  /** Takes in what another observer, or an earlier run of this one, knew. It has to be verified. */
  restore(statements: readonly Statement[], now: number): Reaction {
    const refusals: Refusal[] = [];
    const effects: Effect[] = [];
    for (const statement of statements) {
      const refusal = this.#policy(statement.announcement);
      if (refusal !== undefined) refusals.push(refusal);
      else effects.push(...this.#apply({ type: 'relayed', statement }, now));
    }
    return { ...NOTHING, effects, refusals };
  }

  /**
   * Who is in the presence channel of an instance, as a snapshot of the transport says.
   * @param id that of the channel's name
   */
  presence(id: string, members: readonly Member[], now: number): Reaction {
    const parts = members.map((member) => this.joined(id, member, now));
    const held = this.table.get(id)?.announcement;
    const inc = held && versionOf(held)?.inc;
    const isThere = members.some(({ userId }) => isRun(userId, id, inc));
    // Whoever has a lease need not be in the channel.
    if (inc !== undefined && held?.ttl === undefined && !isThere)
      parts.push(this.departed(id, inc, now));
    return all(parts);
  }

  /** Somebody has come into the presence channel of an instance. */
  joined(id: string, { userId, userInfo }: Member, now: number): Reaction {
    if (userId === OBSERVER_USER_ID) return NOTHING;
    const parsed = readMember(id, userId, userInfo);
    if (!parsed.ok) return { ...NOTHING, refusals: [parsed.refusal] };
    const announcement = parsed.value;
    const refusal = this.#policy(announcement);
    if (refusal !== undefined) return { ...NOTHING, refusals: [refusal] };
    const publish = this.#correct(announcement, true, now);
    return { ...this.learn({ type: 'joined', announcement }, now), publish };
  }

  /** A run of an instance has gone from its presence channel. */
  departed(id: string, inc: number, now: number): Reaction {
    if (this.#behind.get(id)?.announcement.inc === inc) this.#behind.delete(id);
    return this.learn({ type: 'departed', id, inc }, now);
  }

  /** What to ask the owners, once all presence snapshots are in: whose word is not in the digest answers. */
  askOwners(now: number): Message {
    // Its answers are announcements like any other: the nonce of our roll call in the registry stays.
    return rollCall('owners', this.#nonce(), this.table.export(now));
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
        const { announcement } = event;
        const refusal = this.#policy(announcement);
        if (refusal !== undefined) return { ...NOTHING, refusals: [refusal] };
        const left = event.type === 'exit';
        const publish = left ? [] : this.#correct(announcement, false, now);
        return {
          ...this.learn({ type: 'received', statement: { announcement, left } }, now),
          publish,
        };
      }
      case 'rollcall': {
        if (event.nonce === this.#asked) return NOTHING;
        return { ...NOTHING, publish: this.#hearRollCall(event, now) };
      }
      case 'table': {
        // Not only answers to our own question: what is news to another may be news to us.
        const learned = this.restore(event.statements, now);
        return {
          ...learned,
          refusals: [...event.refusals, ...learned.refusals],
          isAnswer: event.nonce === this.#asked,
        };
      }
    }
  }

  #apply(event: TableEvent, now: number): Effect[] {
    const effects = this.table.apply(event, now);
    this.#journal?.record(event, effects, now);
    return effects;
  }

  /**
   * What to say to an owner that speaks as a run which is over, since its clock was set back: it goes on
   * as a later one. Only who is in its presence channel hears it; and as that may be lost too, it is said
   * again to an owner that is there until it is heard as a later run.
   */
  #correct(announcement: Announcement, isThere: boolean, now: number): Message[] {
    const version = versionOf(announcement);
    if (!this.#answers || version === undefined || announcement.ttl !== undefined) return [];
    if (this.#heldBeyond(announcement) === undefined) {
      this.#behind.delete(version.id);
      return [];
    }
    const told = this.#behind.get(version.id);
    const isMore = isThere && told?.isThere === false;
    if (told !== undefined && now < told.at && !isMore) return [];
    return this.#tellBehind(version.id, announcement, isThere, now);
  }

  #tellBehind(id: string, announcement: Announcement, isThere: boolean, now: number): Message[] {
    const held = this.#heldBeyond(announcement);
    const waited = this.#behind.get(id)?.wait;
    this.#behind.delete(id);
    if (held === undefined) return [];
    const wait = waited === undefined ? RULES.correctMs : Math.min(waited * 2, RULES.maxCorrectMs);
    if (this.#behind.size < MAX_BEHIND)
      this.#behind.set(id, { announcement, isThere, at: now + wait, wait });
    return answersTo(this.#nonce(), [held]).map((message) => ({ ...message, to: { id } }));
  }

  /** What we hold of an instance, if that shows that the run which this announcement is of is over. */
  #heldBeyond(announcement: Announcement): Statement | undefined {
    const held = this.table.statementOf(instanceKey(announcement));
    const inc = announcement.inc ?? 0;
    const heldInc = held?.announcement.inc ?? 0;
    return heldInc > inc || (heldInc === inc && held?.left === true) ? held : undefined;
  }

  /** Whoever asks may also know what we do not, such as a gateway that was away and heard of others there. */
  #hearRollCall({ nonce, digest, size, isEcho, from }: RollCall, now: number): Message[] {
    const statements = this.table.export(now);
    const lacks = notIn(digest, statements);
    const told = unknownIn(digest, statements);
    if (from !== undefined) {
      const missing = holdsAll(digest, size) ? { missingThere: lacks.length } : {};
      this.peers.heard({ name: from, at: now, size, ...missing, missingHere: told });
    }
    const news = this.#answers ? lacks.filter((each) => this.table.isExportable(each)) : [];
    // Who knows nothing waits for an answer; who knows all that we do need not be told so.
    const isAwaited = this.#answers && digest === '';
    const answers = news.length > 0 || isAwaited ? answersTo(nonce, news) : [];
    if (isEcho || told === 0) return answers;
    return [...answers, this.#rollCall(now, { echo: true })];
  }

  #rollCall(now: number, mark: { echo?: true } = {}): Message {
    this.#asked = this.#nonce();
    this.#askAt = now + this.#askEvery;
    const from = this.#name === undefined ? {} : { from: this.#name };
    return rollCall('registry', this.#asked, this.table.export(now), { ...from, ...mark });
  }
}

interface Behind {
  readonly announcement: Announcement;
  /** It is in its presence channel, so that it can be told again. */
  readonly isThere: boolean;
  /** When to tell it again, and how long after the time before. */
  readonly at: number;
  readonly wait: number;
}

/** More are told once each. */
const MAX_BEHIND = 1000;

/** The announcement of a member of an instance's presence channel, which must be that instance. */
function readMember(id: string, userId: string, userInfo: unknown): Parsed<Announcement> {
  const parsed = parseAnnouncement(userInfo);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  if (value.id === id && isRun(userId, id, value.inc)) return parsed;
  return refuse(
    'bad-announcement',
    `a member ${quote(userId)} of the presence channel of ${quote(id)} announces ${quote(value.id)}; it must be the id and the inc that its user_id names`,
  );
}

/** Whether the user_id of a member names this run of this instance. */
function isRun(userId: string, id: string, inc: number | undefined): boolean {
  const run = parsePresenceUserId(userId);
  return run !== undefined && run.id === id && run.inc === inc;
}

function all(reactions: readonly Reaction[]): Reaction {
  return {
    effects: reactions.flatMap(({ effects }) => effects),
    publish: reactions.flatMap(({ publish }) => publish),
    refusals: reactions.flatMap(({ refusals }) => refusals),
    isAnswer: false,
  };
}

function isEventName(name: string): name is EventName {
  return EVENTS.some((each) => each === name);
}
