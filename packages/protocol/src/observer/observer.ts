import type { Member } from '../pusher/member.ts';
import type { Effect, TableEvent } from '../table/events.ts';
import type { ProbeRules, Probing } from '../table/probe-rules.ts';
import type { TableLimits } from '../table/capacity.ts';
import { RULES } from '../table/rules.ts';
import { Table } from '../table/table.ts';
import { OBSERVER_USER_ID } from '../wire/channels.ts';
import { holdsAll, missingIn, unknownIn } from '../wire/digest.ts';
import { isEventName, parseDiscoveryEvent } from '../wire/events.ts';
import { EVENT_BYTES, rollCallMessage, tableMessages } from '../wire/messages.ts';
import type { Message } from '../wire/messages.ts';
import type { Refusal } from '../wire/refusal.ts';
import { versionOf } from '../wire/statement.ts';
import type { Statement } from '../wire/statement.ts';
import type { AddressPolicy } from './address-policy.ts';
import type { Journal } from './journal.ts';
import { OutdatedOwners } from './outdated-owners.ts';
import { Peers } from './peers.ts';
import { isRunOf, parsePresenceMember } from './presence-member.ts';
import { RollCalls } from './roll-calls.ts';
import { combined, NO_REACTION } from './reaction.ts';
import type { Reaction } from './reaction.ts';

export interface ObserverOptions {
  /** Which instances are probed. */
  readonly probes: Probing;
  /** Default: {@link DEFAULT_PROBE_RULES}. */
  readonly probeRules?: Partial<ProbeRules> | undefined;
  /** How much its table holds. Default: {@link DEFAULT_TABLE_LIMITS}. */
  readonly limits?: Partial<TableLimits> | undefined;
  /** Whether what it publishes is sealed, so that an event holds less. Default: false. */
  readonly isSealed?: boolean;
  /** Whether it answers the roll calls of other observers, and calls the roll regularly, as gateways do. */
  readonly answers: boolean;
  /** Milliseconds between two roll calls, which make up for lost messages. Default: `RULES.rollCallEveryMs`. */
  readonly rollCallEveryMs?: number;
  /** Returns a unique name for a roll call: 1 to 64 of `A-Za-z0-9_-`. */
  readonly nonce: () => string;
  /** The name of a gateway in its roll calls: 1 to 64 of `A-Za-z0-9_.-`. Default: none. */
  readonly name?: string;
  /** Returns why an announcement is refused, or undefined if it is accepted. Default: all are accepted. */
  readonly policy?: AddressPolicy;
  /** Records what was received and what it changed. Default: nothing is recorded. */
  readonly journal?: Journal;
}

/**
 * The conversation of an observer with the channel, around its table: what it asks when it subscribes, and
 * what it answers. It has no sockets, no clock and no randomness, so that the simulator runs what gateways
 * run.
 */
export class Observer {
  readonly table: Table;
  /** The other gateways on the channel. */
  readonly peers: Peers;
  readonly #answers: boolean;
  readonly #nonce: () => string;
  readonly #eventBytes: number;
  readonly #rollCallEveryMs: number;
  readonly #name: string | undefined;
  readonly #policy: AddressPolicy;
  readonly #journal: Journal | undefined;
  readonly #outdated: OutdatedOwners;
  readonly #rollCalls = new RollCalls();
  /** The nonce of this observer's latest roll call. */
  #asked = '';
  #rollCallAt = Infinity;

  constructor(options: ObserverOptions) {
    const { probes, probeRules, limits, answers, nonce } = options;
    const { rollCallEveryMs = RULES.rollCallEveryMs } = options;
    this.table = new Table({ probes, probeRules, limits });
    this.peers = new Peers(rollCallEveryMs);
    this.#answers = answers;
    this.#nonce = nonce;
    this.#eventBytes = options.isSealed === true ? EVENT_BYTES.sealed : EVENT_BYTES.plain;
    this.#rollCallEveryMs = answers ? rollCallEveryMs : Infinity;
    this.#name = options.name;
    this.#policy = options.policy ?? (() => undefined);
    this.#journal = options.journal;
    this.#outdated = new OutdatedOwners(this.table, nonce);
  }

  /** The channel is subscribed, for the first time or again: asks for what was published in the meantime. */
  subscribed(now: number): Reaction {
    const effects = this.#apply({ type: 'link', isUp: true }, now);
    return { ...NO_REACTION, effects, publish: [this.#rollCall(now)] };
  }

  /** The connection to the channel is lost. */
  disconnected(now: number): Reaction {
    this.#rollCallAt = Infinity;
    return this.learn({ type: 'link', isUp: false }, now);
  }

  /** Time has passed. To be called every 50 ms or so. */
  tick(now: number): Reaction {
    const rollCall = now >= this.#rollCallAt ? [this.#rollCall(now)] : [];
    const publish = [...rollCall, ...this.#outdated.due(now), ...this.#answer(now)];
    return { ...NO_REACTION, effects: this.#apply({ type: 'tick' }, now), publish };
  }

  /** Takes in what did not come as a message: the result of a probe, for example. */
  learn(event: TableEvent, now: number): Reaction {
    return { ...NO_REACTION, effects: this.#apply(event, now) };
  }

  /** Takes in what another observer, or an earlier run of this one, exported. It is verified by probes. */
  restore(statements: readonly Statement[], now: number): Reaction {
    return this.#relayed(statements, true, now);
  }

  #relayed(statements: readonly Statement[], isRestored: boolean, now: number): Reaction {
    const refusals: Refusal[] = [];
    const effects: Effect[] = [];
    for (const statement of statements) {
      const refusal = this.#refusal(statement, false);
      if (refusal !== undefined) refusals.push(refusal);
      else effects.push(...this.#apply({ type: 'relayed', statement, isRestored }, now));
    }
    return { ...NO_REACTION, effects, refusals };
  }

  /**
   * Takes in the members of an instance's presence channel, as a snapshot of the transport has them.
   * @param id the id in the channel's name
   */
  presence(id: string, members: readonly Member[], now: number): Reaction {
    const reactions = members.map((member) => this.joined(id, member, now));
    const held = this.table.get(id)?.announcement;
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
    if (!parsed.ok) return { ...NO_REACTION, refusals: [parsed.refusal] };
    const announcement = parsed.value;
    const refusal = this.#refusal({ announcement, left: false }, true);
    if (refusal !== undefined) return { ...NO_REACTION, refusals: [refusal] };
    const publish = this.#answers ? this.#outdated.check(announcement, true, now) : [];
    return { ...this.learn({ type: 'joined', announcement }, now), publish };
  }

  /** A run of an instance is no longer in its presence channel. */
  departed(id: string, inc: number, now: number): Reaction {
    this.#outdated.departed(id, inc);
    return this.learn({ type: 'departed', id, inc }, now);
  }

  /** The roll call to publish to owners once all presence snapshots are in: only owners with news answer. */
  askOwners(now: number): Message {
    // Owners answer with plain announcements, so the nonce of the roll call in the registry stays.
    return rollCallMessage('owners', this.#nonce(), this.table.export(now), this.#eventBytes);
  }

  /** Takes in a message of the channel. `data` is decoded JSON, or text that was not JSON. */
  receive(name: string, data: unknown, now: number): Reaction {
    if (!isEventName(name)) return NO_REACTION;
    const parsed = parseDiscoveryEvent(name, data);
    if (!parsed.ok) return { ...NO_REACTION, refusals: [parsed.refusal] };
    const event = parsed.value;
    switch (event.type) {
      case 'register':
      case 'exit': {
        const { announcement } = event;
        const left = event.type === 'exit';
        const statement = { announcement, left };
        const refusal = this.#refusal(statement, true);
        if (refusal !== undefined) return { ...NO_REACTION, refusals: [refusal] };
        const publish =
          left || !this.#answers ? [] : this.#outdated.check(announcement, false, now);
        return { ...this.learn({ type: 'received', statement }, now), publish };
      }
      case 'rollcall': {
        if (event.nonce === this.#asked) return NO_REACTION;
        this.#rollCalls.add(event);
        return { ...NO_REACTION, publish: this.#answer(now) };
      }
      case 'table': {
        // Not only answers to this observer's own question: they may be news here, too.
        const relayed = this.#relayed(event.statements, false, now);
        return {
          ...relayed,
          refusals: [...event.refusals, ...relayed.refusals],
          isAnswer: event.nonce === this.#asked,
        };
      }
    }
  }

  /** Why a statement is not taken in. What has left needs no room. */
  #refusal({ announcement, left }: Statement, isByOwner: boolean): Refusal | undefined {
    const refusal = this.#policy(announcement);
    return refusal ?? (left ? undefined : this.table.refusal(announcement, isByOwner));
  }

  #apply(event: TableEvent, now: number): Effect[] {
    const effects = this.table.apply(event, now);
    this.#journal?.record(event, effects, now);
    return effects;
  }

  /** Answers the roll calls that wait, if an answer is due, and calls the roll itself if another observer knows more. */
  #answer(now: number): Message[] {
    const asked = this.#rollCalls.take(now);
    if (asked.length === 0) return [];
    const statements = this.table.export(now);
    const lacking = new Set<Statement>();
    let hasUnknown = false;
    for (const { digest, size, isEcho, from } of asked) {
      const missing = missingIn(digest, statements);
      const unknown = unknownIn(digest, statements);
      for (const each of missing) lacking.add(each);
      hasUnknown ||= unknown > 0 && !isEcho;
      if (from === undefined) continue;
      const missingThere = holdsAll(digest, size) ? { missingThere: missing.length } : {};
      this.peers.add({ name: from, at: now, size, ...missingThere, missingHere: unknown });
    }
    const news = this.#answers ? [...lacking].filter((each) => this.table.isExportable(each)) : [];
    // An observer that knows nothing waits for an answer. Any other needs one only if there is news.
    const awaited = asked.filter(({ digest }) => this.#answers && digest === '');
    const [first, ...others] =
      awaited.length > 0 ? awaited : news.length > 0 ? asked.slice(0, 1) : [];
    const answers = first === undefined ? [] : tableMessages(first.nonce, news, this.#eventBytes);
    // Each asker learns from its own nonce that it has received the table.
    for (const { nonce } of others) answers.push(...tableMessages(nonce, [], this.#eventBytes));
    if (answers.length > 0) this.#rollCalls.answered(news.length, now);
    return hasUnknown ? [...answers, this.#rollCall(now, { echo: true })] : answers;
  }

  #rollCall(now: number, mark: { echo?: true } = {}): Message {
    this.#asked = this.#nonce();
    this.#rollCallAt = now + this.#rollCallEveryMs;
    const from = this.#name === undefined ? {} : { from: this.#name };
    const statements = this.table.export(now);
    const marks = { ...from, ...mark };
    return rollCallMessage('registry', this.#asked, statements, this.#eventBytes, marks);
  }
}
