import type { BrokerNumber, Effect, TableEvent } from '../table/events.ts';
import type { ProbeRules, Probing } from '../table/probe-rules.ts';
import type { TableLimits } from '../table/capacity.ts';
import { RULES } from '../table/rules.ts';
import { Table } from '../table/table.ts';
import { EVENT_BYTES } from '../wire/messages.ts';
import type { Refusal } from '../wire/refusal.ts';
import type { Statement } from '../wire/statement.ts';
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
  readonly #context: ConversationContext;
  readonly #conversations = new Map<BrokerNumber, Conversation>();

  constructor(options: ObserverOptions) {
    const { probes, probeRules, limits, answers, nonce, name } = options;
    const { rollCallEveryMs = RULES.rollCallEveryMs } = options;
    this.table = new Table({ probes, probeRules, limits });
    this.peers = new Peers(rollCallEveryMs);
    this.#policy = options.policy ?? (() => undefined);
    this.#journal = options.journal;
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
  #refusal({ announcement, left }: Statement, isByOwner: boolean): Refusal | undefined {
    const refusal = this.#policy(announcement);
    return refusal ?? (left ? undefined : this.table.refusal(announcement, isByOwner));
  }

  #apply(event: TableEvent, now: number): Effect[] {
    const wasConnected = this.table.isConnected;
    const effects = this.table.apply(event, now);
    if (this.#isEvidence(event, wasConnected)) this.#journal?.record(event, effects, now);
    return effects;
  }

  /** What only one of several brokers shows, or that only one is lost, is none. */
  #isEvidence(event: TableEvent, wasConnected: boolean): boolean {
    if (event.type === 'departed') return !this.table.isPresent(event.id);
    return event.type !== 'link' || this.table.isConnected !== wasConnected;
  }
}
