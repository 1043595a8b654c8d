import type { BrokerNumber, Effect, TableEvent } from '../table/events.ts';
import type { ProbeRules, Probing } from '../table/probe-rules.ts';
import type { TableLimits } from '../table/capacity.ts';
import { ProbeShare } from '../table/probe-share.ts';
import { RULES } from '../table/rules.ts';
import { Table } from '../table/table.ts';
import { EVENT_BYTES } from '../wire/messages.ts';
import type { Refusal } from '../wire/refusal.ts';
import { instanceKey } from '../wire/statement.ts';
import type { Statement } from '../wire/statement.ts';
import type { Ownership } from '../trust/ownership.ts';
import type { AddressPolicy } from './address-policy.ts';
import { Conversation } from './conversation.ts';
import type { ConversationContext } from './conversation.ts';
import type { Journal } from './journal.ts';
import { OwnRollCalls } from './own-roll-calls.ts';
import { Peers } from './peers.ts';
import { NO_REACTION } from './reaction.ts';
import type { Reaction } from './reaction.ts';
import { Repeats } from './repeats.ts';

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
  /** Judges whether a statement comes from who may make it. Default: every one does. */
  readonly ownership?: Pick<Ownership, 'refusal'>;
  /** Records what was received and what it changed. Default: nothing is recorded. */
  readonly journal?: Journal;
}

/**
 * An observer: its table, and its conversation with each broker of the registry. What they bring is joined in the one table, so
 * it does not matter which is first. It has no sockets, no clock and no randomness, so that the simulator runs what gateways
 * run.
 */
export class Observer {
  readonly table: Table;
  /** The other gateways in the registry. */
  readonly peers: Peers;
  readonly #policy: AddressPolicy;
  readonly #journal: Journal | undefined;
  readonly #share: ProbeShare;
  #ownership: Pick<Ownership, 'refusal'> | undefined;
  readonly #context: ConversationContext;
  readonly #conversations = new Map<BrokerNumber, Conversation>();

  constructor(options: ObserverOptions) {
    const { probes, probeRules, limits, answers, nonce, name } = options;
    const { rollCallEveryMs = RULES.rollCallEveryMs } = options;
    this.#share = new ProbeShare(name);
    this.table = new Table({ probes, probeRules, limits, share: this.#share });
    this.peers = new Peers(rollCallEveryMs);
    this.#policy = options.policy ?? (() => undefined);
    this.#journal = options.journal;
    this.#ownership = options.ownership;
    this.#context = {
      table: this.table,
      peers: this.peers,
      repeats: new Repeats(),
      own: new OwnRollCalls(),
      answers,
      nonce,
      name,
      eventBytes: options.isSealed === true ? EVENT_BYTES.sealed : EVENT_BYTES.plain,
      rollCallEveryMs: answers ? rollCallEveryMs : Infinity,
      apply: (event, now) => this.#apply(event, now),
      relayed: (statements, now) => this.#relayed(statements, false, now),
      refusal: (statement, isByOwner) => this.#refusal(statement, isByOwner),
    };
  }

  /** The conversation with a broker of the registry. */
  at(broker: BrokerNumber): Conversation {
    let conversation = this.#conversations.get(broker);
    if (conversation === undefined) {
      conversation = new Conversation(this.#context, broker);
      this.#conversations.set(broker, conversation);
    }
    return conversation;
  }

  /** Time has passed. To be called every 50 ms or so, as {@link Conversation.tick} is. */
  tick(now: number): Reaction {
    if (this.#context.answers) this.#share.setOthers(this.peers.present(now));
    return this.learn({ type: 'tick' }, now);
  }

  /** Takes in what did not come as a message: the result of a probe, for example. */
  learn(event: TableEvent, now: number): Reaction {
    return { ...NO_REACTION, effects: this.#apply(event, now) };
  }

  /** Takes in what another observer, or an earlier run of this one, exported. It is verified by probes. */
  restore(statements: readonly Statement[], now: number): Reaction {
    return this.#relayed(statements, true, now);
  }

  /**
   * Who may announce what has changed: forgets what may not be announced any more. Each step is an instance, because verifying
   * the signatures of many takes a while.
   */
  *reown(ownership: Pick<Ownership, 'refusal'>, clock: () => number): Generator<Reaction> {
    this.#ownership = ownership;
    const prefixes = new Set<string>();
    for (const { key, configuredAs } of this.table.entries()) {
      const held = configuredAs === undefined ? this.table.statementOf(key) : undefined;
      const refusal = held && !held.left ? ownership.refusal(held, held) : undefined;
      if (held !== undefined && refusal !== undefined) {
        prefixes.add(held.announcement.prefix);
        yield this.learn({ type: 'disowned', key, why: refusal.reason }, clock());
      } else yield NO_REACTION;
    }
    // A prefix that it should never have had must not hide a shorter one.
    const known = this.table.prefixes();
    const why = 'no owner of it announces it';
    for (const prefix of prefixes)
      if (known.some((each) => each !== prefix && prefix.startsWith(`${each}/`)))
        yield this.learn({ type: 'prefix-dismissed', prefix, why }, clock());
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

  /** Why a statement is not taken in. What has left needs no room. */
  #refusal(statement: Statement, isByOwner: boolean): Refusal | undefined {
    const { announcement, left } = statement;
    const held = this.table.statementOf(instanceKey(announcement));
    return (
      this.#policy(announcement) ??
      (left ? undefined : this.table.refusal(announcement, isByOwner)) ??
      // Last, because verifying a signature takes longest.
      this.#ownership?.refusal(statement, held)
    );
  }

  #apply(event: TableEvent, now: number): Effect[] {
    const wasConnected = this.table.isConnected;
    const effects = this.table.apply(event, now);
    if (this.#isEvidence(event, wasConnected)) this.#journal?.record(event, effects, now);
    for (const effect of effects)
      if (effect.type === 'finding')
        for (const conversation of this.#conversations.values()) conversation.found(effect.key);
    return effects;
  }

  /** What only one of several brokers shows, or that only one is lost, is none. */
  #isEvidence(event: TableEvent, wasConnected: boolean): boolean {
    if (event.type === 'departed') return !this.table.isPresent(event.id);
    return event.type !== 'link' || this.table.isConnected !== wasConnected;
  }
}
