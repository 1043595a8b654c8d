import { parseDiscoveryEvent, parsePresenceMember, parsePresenceUserId } from '@rollcall/protocol';
import type { Owned, Owner, Statement } from '@rollcall/protocol';
import type { Member } from '@rollcall/protocol/pusher';
import type { Link } from '../transport/link.ts';
import { openMember, ownerIdentity, presenceChannel } from '../transport/presence.ts';
import type { OwnerConnection } from '../transport/registry-config.ts';
import { Signer } from '../trust/signer.ts';
import type { Timers } from './timers.ts';

export interface OwnerPresenceContext {
  readonly connection: OwnerConnection;
  readonly owner: Owner;
  readonly link: Link;
  readonly timers: Timers;
  readonly onUnauthorized: (error: Error) => void;
  /** The owner is in the channel again, after a reconnection. */
  readonly onRejoined: () => void;
  /** The owner continues as a later run. */
  readonly onOutbid: () => void;
  readonly onFault: (error: Error) => void;
}

/** An owner's presence in the channel of its instance at a broker, where it also learns of other runs with its id. */
export class OwnerPresence {
  readonly #context: OwnerPresenceContext;
  readonly #channel: string;
  #shown: Owned | undefined;

  constructor(context: OwnerPresenceContext) {
    this.#context = context;
    this.#channel = presenceChannel(context.connection, context.owner.announcement.id);
  }

  /** The announcement that the channel shows: the one with which the owner has joined. */
  get shown(): Owned | undefined {
    return this.#shown;
  }

  /** Joins the channel, again after each reconnection. */
  join(onJoined: () => void): void {
    const { connection, owner, link, onUnauthorized, onRejoined } = this.#context;
    let isFirst = true;
    link.subscribe(this.#channel, {
      onUnauthorized,
      identify: () => {
        this.#shown = owner.announcement;
        return ownerIdentity(connection, this.#shown);
      },
      onSubscribed: (members) => {
        if (isFirst) onJoined();
        else onRejoined();
        isFirst = false;
        for (const member of members) this.#meet(member);
      },
      onJoined: (member) => this.#meet(member),
      onEvent: (event, data) => this.#receiveTable(event, data),
    });
  }

  /** Joins the channel as a later run. The user_id of a member is fixed while it is in the channel. */
  joinAgain(onJoined: () => void): void {
    this.#context.link.unsubscribe(this.#channel);
    this.join(onJoined);
  }

  /** A member of the instance's channel is an observer, or a run with the same id. */
  #meet(member: Member): void {
    const { connection, owner } = this.#context;
    const { announcement } = owner;
    const run = parsePresenceUserId(member.userId);
    if (run?.id !== announcement.id || run.inc === announcement.inc) return;
    // A forged run would have a service that signs number its own so high that it cannot follow itself.
    if (Signer.of(connection) === undefined)
      this.#receive({ announcement: { ...announcement, inc: run.inc }, left: false });
    else this.#receiveSigned(openMember(connection, run.id, member));
  }

  #receiveSigned(member: Member): void {
    const parsed = parsePresenceMember(this.#context.owner.announcement.id, member);
    if (!parsed.ok) return;
    const statement = { announcement: parsed.value, left: false };
    if (this.#isGenuine(statement)) this.#receive(statement);
  }

  #receiveTable(event: string, data: unknown): void {
    if (event !== 'table') return;
    const parsed = parseDiscoveryEvent(event, data);
    if (!parsed.ok || parsed.value.type !== 'table') return;
    for (const statement of parsed.value.statements)
      if (this.#isGenuine(statement)) this.#receive(statement);
  }

  /** Whether a statement is by this service, which can be known if it signs. Others are forged. */
  #isGenuine(statement: Statement): boolean {
    const { connection } = this.#context;
    return Signer.of(connection)?.hasSigned(connection.channels.registry, statement) ?? true;
  }

  #receive(statement: Statement): void {
    const { owner, timers } = this.#context;
    const at = owner.received(statement, performance.now());
    if (at !== undefined) timers.start(at - performance.now(), () => this.#outbid());
  }

  #outbid(): void {
    const { owner, onOutbid, onFault } = this.#context;
    if (owner.outbid(performance.now()) === undefined) return;
    onFault(
      new Error(
        `another run of ${owner.announcement.id} has a higher incarnation: continuing with the next one. If this is repeated, two programs use this id: give each its own`,
      ),
    );
    onOutbid();
  }
}
