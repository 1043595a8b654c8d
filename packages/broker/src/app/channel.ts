import {
  channelKind,
  memberAddedFrame,
  memberRemovedFrame,
  subscriptionSucceededFrame,
} from '@rollcall/protocol/pusher';
import type { SignedMember } from '@rollcall/protocol/pusher';
import type { Connection } from './connection.ts';
import { Members } from './members.ts';
import type { OnlyOne } from './members.ts';

/** A channel and its subscribers. */
export class Channel {
  readonly name: string;
  /** With the id of the user, in a presence channel. */
  readonly #subscribers = new Map<Connection, string | undefined>();
  /** Subscriptions on other nodes. Set only if there are any. */
  #elsewhere: Map<string, number> | undefined;
  /** Set in presence channels only, because there may be very many of the others. */
  readonly #members: Members | undefined;

  constructor(name: string) {
    this.name = name;
    this.#members = channelKind(name) === 'presence' ? new Members() : undefined;
  }

  /** On all nodes. */
  get subscriptionCount(): number {
    let count = this.#subscribers.size;
    for (const elsewhere of this.#elsewhere?.values() ?? []) count += elsewhere;
    return count;
  }

  /** Whether it has neither subscriptions nor members, on any node. What another node says of both may come apart. */
  get isEmpty(): boolean {
    return this.subscriptionCount === 0 && this.userCount === 0;
  }

  /** On this node. */
  get ownCount(): number {
    return this.#subscribers.size;
  }

  get userCount(): number {
    return this.#members?.count ?? 0;
  }

  /** Members that are connected to this node. */
  get ownUserCount(): number {
    return this.#members?.ownCount ?? 0;
  }

  /** Users in the order of joining. Empty unless it is a presence channel. */
  userIds(): string[] {
    return this.#members?.ids() ?? [];
  }

  /** As {@link Channel.userIds}, with what the application says of them. */
  members(): SignedMember[] {
    return this.#members?.list() ?? [];
  }

  hasUser(userId: string): boolean {
    return this.#members?.has(userId) ?? false;
  }

  isSubscribed(connection: Connection): boolean {
    return this.#subscribers.has(connection);
  }

  /** Returns the id of the user of a subscribed connection. */
  userOf(connection: Connection): string | undefined {
    return this.#subscribers.get(connection);
  }

  /**
   * Subscribes a connection and confirms it. Returns whether it is the first of its user.
   *
   * @param member - given for presence channels.
   */
  add(connection: Connection, member?: SignedMember): OnlyOne | undefined {
    const isFirst = member && this.#members?.add(member);
    // Before the new member is a subscriber, so that it is not sent its own member_added.
    if (member !== undefined && isFirst?.anywhere === true) this.#sendAdded(member);
    this.#subscribers.set(connection, member?.userId);
    connection.send(subscriptionSucceededFrame(this.name, this.#members?.list()));
    return isFirst;
  }

  /** Ends a subscription. Returns whether it was the last of its user, and the user. */
  remove(connection: Connection): (OnlyOne & { readonly userId: string }) | undefined {
    const userId = this.#subscribers.get(connection);
    this.#subscribers.delete(connection);
    const wasLast = userId === undefined ? undefined : this.#members?.remove(userId);
    if (userId === undefined || wasLast === undefined) return undefined;
    if (wasLast.anywhere) this.#sendRemoved(userId);
    return { ...wasLast, userId };
  }

  /** Another node has as many subscriptions. */
  setElsewhere(node: string, count: number): void {
    if (count > 0) (this.#elsewhere ??= new Map()).set(node, count);
    else if (this.#elsewhere?.delete(node) === true && this.#elsewhere.size === 0)
      this.#elsewhere = undefined;
  }

  /** See {@link Members.hasComeBack}. */
  hasComeBack(node: string, member: SignedMember): boolean {
    return this.#members?.hasComeBack(node, member) === true;
  }

  /** A user has joined on another node. Returns whether it is a new member. */
  addElsewhere(node: string, member: SignedMember): boolean {
    const isNew = this.#members?.addElsewhere(node, member) === true;
    if (isNew) this.#sendAdded(member);
    return isNew;
  }

  /** A user has left another node. Returns whether it is no member any more. */
  removeElsewhere(node: string, userId: string): boolean {
    const isGone = this.#members?.removeElsewhere(node, userId) === true;
    if (isGone) this.#sendRemoved(userId);
    return isGone;
  }

  /** Sends a frame to all subscribers of this node but one. Returns the number of receivers. */
  broadcast(frame: string, exceptSocketId?: string): number {
    let count = 0;
    for (const connection of this.#subscribers.keys()) {
      if (connection.socketId === exceptSocketId) continue;
      connection.send(frame);
      count += 1;
    }
    return count;
  }

  #sendAdded(member: SignedMember): void {
    this.broadcast(memberAddedFrame(this.name, member));
  }

  #sendRemoved(userId: string): void {
    this.broadcast(memberRemovedFrame(this.name, userId));
  }
}
