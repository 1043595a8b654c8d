import type { Member } from '../pusher/member.ts';
import type { BrokerNumber, Effect, TableEvent } from '../table/events.ts';
import type { Table } from '../table/table.ts';
import { OBSERVER_USER_ID } from '../wire/channels.ts';
import { holdsAll, missingIn, unknownIn } from '../wire/digest.ts';
import { isEventName, parseDiscoveryEvent } from '../wire/events.ts';
import { findingMessage, rollCallMessage, tableMessages } from '../wire/messages.ts';
import type { Message } from '../wire/messages.ts';
import type { Refusal } from '../wire/refusal.ts';
import { versionOf } from '../wire/statement.ts';
import type { Statement } from '../wire/statement.ts';
import { OutdatedOwners } from './outdated-owners.ts';
import type { Peers } from './peers.ts';
import { isRunOf, parsePresenceMember } from './presence-member.ts';
import { combined, NO_REACTION } from './reaction.ts';
import type { Reaction } from './reaction.ts';
import type { OwnRollCalls } from './own-roll-calls.ts';
import type { Repeats } from './repeats.ts';
import { Findings } from './findings.ts';
import { RollCalls } from './roll-calls.ts';

/** What the conversations of one observer have in common. */
export interface ConversationContext {
  readonly table: Table;
  readonly peers: Peers;
  readonly repeats: Repeats;
  readonly own: OwnRollCalls;
  readonly answers: boolean;
  readonly nonce: () => string;
  readonly name: string | undefined;
  /** How many bytes an event holds. */
  readonly eventBytes: number;
  /** Milliseconds between two roll calls. */
  readonly rollCallEveryMs: number;
  readonly apply: (event: TableEvent, now: number) => Effect[];
  readonly relayed: (statements: readonly Statement[], now: number) => Reaction;
  /** Why a statement is not taken in. */
  readonly refusal: (statement: Statement, isByOwner: boolean) => Refusal | undefined;
}

/**
 * The conversation of an observer with one broker of its registry: what it asks when it subscribes, and what it answers. What
 * it publishes belongs to that broker alone, because those it asks may not be connected to another one.
 */
export class Conversation {
  readonly #context: ConversationContext;
  readonly #broker: BrokerNumber;
  readonly #outdated: OutdatedOwners;
  readonly #rollCalls = new RollCalls();
  readonly #findings = new Findings();
  /** The nonce of this observer's latest roll call. */
  #asked = '';
  #rollCallAt = Infinity;

  constructor(context: ConversationContext, broker: BrokerNumber) {
    this.#context = context;
    this.#broker = broker;
    this.#outdated = new OutdatedOwners(context.table, context.nonce);
  }

  /** The channel is subscribed, for the first time or again: asks for what was published in the meantime. */
  subscribed(now: number): Reaction {
    const effects = this.#apply({ type: 'link', isUp: true, broker: this.#broker }, now);
    return { ...NO_REACTION, effects, publish: [this.#rollCall(now)] };
  }

  /** The connection to the broker is lost. */
  disconnected(now: number): Reaction {
    this.#rollCallAt = Infinity;
    // Nothing can be published there. Owners and observers ask and join again when they are back.
    this.#outdated.clear();
    this.#rollCalls.clear();
    this.#findings.clear();
    const effects = this.#apply({ type: 'link', isUp: false, broker: this.#broker }, now);
    return { ...NO_REACTION, effects };
  }

  /** Time has passed. To be called every 50 ms or so. */
  tick(now: number): Reaction {
    const rollCall = now >= this.#rollCallAt ? [this.#rollCall(now)] : [];
    const publish = [
      ...rollCall,
      ...this.#outdated.due(now),
      ...this.#answer(now),
      ...this.#report(now),
    ];
    return { ...NO_REACTION, publish };
  }

  /** A probe of an instance has failed, which the other gateways may not know yet. */
  found(key: string): void {
    if (this.#rollCallAt !== Infinity) this.#findings.add(key);
  }

  /**
   * Takes in the members of an instance's presence channel, as a snapshot of the broker has them.
   * @param id the id in the channel's name
   */
  presence(id: string, members: readonly Member[], now: number): Reaction {
    const reactions = members.map((member) => this.joined(id, member, now));
    const held = this.#context.table.get(id)?.announcement;
    const inc = held && versionOf(held)?.inc;
    const isPresent = members.some(({ userId }) => isRunOf(userId, id, inc));
    // An instance with a lease need not be in its presence channel.
    if (inc !== undefined && held?.ttl === undefined && !isPresent)
      reactions.push(this.departed(id, inc, now));
    return combined(reactions);
  }

  /** A member has joined the presence channel of an instance. */
  joined(id: string, member: Member, now: number): Reaction {
    if (member.userId === OBSERVER_USER_ID) return NO_REACTION;
    const parsed = parsePresenceMember(id, member);
    if (!parsed.ok) return this.#refused(parsed.refusal, now);
    const announcement = parsed.value;
    const refusal = this.#context.refusal({ announcement, left: false }, true);
    if (refusal !== undefined) return this.#refused(refusal, now);
    const publish = this.#context.answers ? this.#outdated.check(announcement, true, now) : [];
    const effects = this.#apply({ type: 'joined', announcement, broker: this.#broker }, now);
    return { ...NO_REACTION, effects, publish };
  }

  /** A run of an instance is not, or no longer, in its presence channel. */
  departed(id: string, inc: number, now: number): Reaction {
    this.#outdated.departed(id, inc);
    const effects = this.#apply({ type: 'departed', id, inc, broker: this.#broker }, now);
    return { ...NO_REACTION, effects };
  }

  /** The broker refuses to show the presence channel of an instance. */
  unseen(id: string, now: number): Reaction {
    const effects = this.#apply({ type: 'unseen', id, broker: this.#broker }, now);
    return { ...NO_REACTION, effects };
  }

  /** Whether the presence channel of an instance has to be looked at: see {@link Table.lacksPresence}. */
  lacksPresence(id: string): boolean {
    return this.#context.table.lacksPresence(id, this.#broker);
  }

  /** The roll call to publish to owners once all presence snapshots are in: only owners with news answer. */
  askOwners(now: number): Message {
    const { table, nonce, eventBytes } = this.#context;
    // Owners answer with plain announcements, so the nonce of the roll call in the registry stays.
    return rollCallMessage('owners', nonce(), table.export(now), eventBytes);
  }

  /** Takes in a message of the channel. `data` is decoded JSON, or text that was not JSON. */
  receive(name: string, data: unknown, now: number): Reaction {
    if (!isEventName(name)) return NO_REACTION;
    const parsed = parseDiscoveryEvent(name, data);
    if (!parsed.ok) return this.#refused(parsed.refusal, now);
    const event = parsed.value;
    switch (event.type) {
      case 'register':
      case 'exit': {
        const { announcement } = event;
        const left = event.type === 'exit';
        const statement = { announcement, left };
        const refusal = this.#context.refusal(statement, true);
        if (refusal !== undefined) return this.#refused(refusal, now);
        const publish =
          left || !this.#context.answers ? [] : this.#outdated.check(announcement, false, now);
        const effects = this.#apply({ type: 'received', statement }, now);
        return { ...NO_REACTION, effects, publish };
      }
      case 'rollcall': {
        if (this.#context.own.has(event.nonce)) return NO_REACTION;
        this.#rollCalls.add(event);
        return { ...NO_REACTION, publish: this.#answer(now) };
      }
      case 'finding': {
        // It comes back by another broker.
        if (event.from === this.#context.name) return NO_REACTION;
        const effects = event.keys.flatMap((key) => this.#apply({ type: 'reported', key }, now));
        return { ...NO_REACTION, effects };
      }
      case 'table': {
        // Not only answers to this observer's own question: they may be news here, too.
        const relayed = this.#context.relayed(event.statements, now);
        const refusals = [...event.refusals, ...relayed.refusals];
        return {
          ...relayed,
          effects: this.#news(relayed.effects, now),
          refusals: refusals.filter((refusal) => this.#isNews(refusal, now)),
          isAnswer: event.nonce === this.#asked,
        };
      }
    }
  }

  #apply(event: TableEvent, now: number): Effect[] {
    return this.#news(this.#context.apply(event, now), now);
  }

  #news(effects: readonly Effect[], now: number): Effect[] {
    return effects.filter((effect) => effect.type !== 'conflict' || this.#isNews(effect, now));
  }

  #refused(refusal: Refusal, now: number): Reaction {
    return this.#isNews(refusal, now) ? { ...NO_REACTION, refusals: [refusal] } : NO_REACTION;
  }

  #isNews(what: Refusal | Extract<Effect, { type: 'conflict' }>, now: number): boolean {
    const said = 'code' in what ? what : [what.instance.key, what.announcement];
    return this.#context.repeats.isNews(JSON.stringify(said), this.#broker, now);
  }

  /** Answers the roll calls that wait, if an answer is due, and calls the roll itself if another observer knows more. */
  #answer(now: number): Message[] {
    const { table, peers, answers, eventBytes } = this.#context;
    const asked = this.#rollCalls.take(now);
    if (asked.length === 0) return [];
    const statements = table.export(now);
    const lacking = new Set<Statement>();
    let hasUnknown = false;
    for (const { digest, size, isEcho, from } of asked) {
      const missing = missingIn(digest, statements);
      const unknown = unknownIn(digest, statements);
      for (const each of missing) lacking.add(each);
      hasUnknown ||= unknown > 0 && !isEcho;
      if (from === undefined) continue;
      const missingThere = holdsAll(digest, size) ? { missingThere: missing.length } : {};
      peers.add({ name: from, at: now, size, ...missingThere, missingHere: unknown });
    }
    const news = answers ? [...lacking].filter((each) => table.isExportable(each)) : [];
    // An observer that knows nothing waits for an answer. Any other needs one only if there is news.
    const awaited = asked.filter(({ digest }) => answers && digest === '');
    const [first, ...others] =
      awaited.length > 0 ? awaited : news.length > 0 ? asked.slice(0, 1) : [];
    const messages = first === undefined ? [] : tableMessages(first.nonce, news, eventBytes);
    // Each asker learns from its own nonce that it has received the table.
    for (const { nonce } of others) messages.push(...tableMessages(nonce, [], eventBytes));
    if (messages.length > 0) this.#rollCalls.answered(news.length, now);
    return hasUnknown ? [...messages, this.#rollCall(now, { echo: true })] : messages;
  }

  #report(now: number): Message[] {
    const { name, eventBytes } = this.#context;
    if (name === undefined) return [];
    const keys = this.#findings.take(now, eventBytes);
    return keys.length === 0 ? [] : [findingMessage(name, keys)];
  }

  #rollCall(now: number, mark: { echo?: true } = {}): Message {
    const { table, nonce, own, name, eventBytes, rollCallEveryMs } = this.#context;
    this.#asked = nonce();
    own.add(this.#asked);
    this.#rollCallAt = now + rollCallEveryMs;
    const from = name === undefined ? {} : { from: name };
    const marks = { ...from, ...mark };
    return rollCallMessage('registry', this.#asked, table.export(now), eventBytes, marks);
  }
}
