import {
  channelKind,
  memberAddedFrame,
  memberRemovedFrame,
  subscriptionSucceededFrame,
} from '@rollcall/protocol/pusher';
import type { SignedMember } from '@rollcall/protocol/pusher';
import type { Connection } from './connection.ts';
import { Members } from './members.ts';

/** A channel and its subscribers. */
export class Channel {
  readonly name: string;
  /** With the id of the user, in a presence channel. */
  readonly #subscribers = new Map<Connection, string | undefined>();
  /** Set in presence channels only, because there may be very many of the others. */
  readonly #members: Members | undefined;

  constructor(name: string) {
    this.name = name;
    this.#members = channelKind(name) === 'presence' ? new Members() : undefined;
  }

  get subscriptionCount(): number {
    return this.#subscribers.size;
  }

  get userCount(): number {
    return this.#members?.count ?? 0;
  }

  /** Users in the order of joining. Empty unless it is a presence channel. */
  userIds(): string[] {
    return this.#members?.ids() ?? [];
  }

  hasUser(userId: string): boolean {
    return this.#members?.has(userId) ?? false;
  }

  /** Returns the id of the user of a subscribed connection. */
  userOf(connection: Connection): string | undefined {
    return this.#subscribers.get(connection);
  }

  /**
   * Subscribes a connection and confirms it. Returns the id of the user if this is the user's first connection.
   *
   * @param member - given for presence channels.
   */
  add(connection: Connection, member?: SignedMember): string | undefined {
    const isNew = member !== undefined && this.#members?.add(member) === true;
    // Before the new member is a subscriber, so that it is not sent its own member_added.
    if (isNew) this.broadcast(memberAddedFrame(this.name, member));
    this.#subscribers.set(connection, member?.userId);
    connection.send(subscriptionSucceededFrame(this.name, this.#members?.list()));
    return isNew ? member.userId : undefined;
  }

  /** Ends a subscription. Returns the id of the user if this was the user's last connection. */
  remove(connection: Connection): string | undefined {
    const userId = this.#subscribers.get(connection);
    this.#subscribers.delete(connection);
    if (userId === undefined || this.#members?.remove(userId) !== true) return undefined;
    this.broadcast(memberRemovedFrame(this.name, userId));
    return userId;
  }

  /** Sends a frame to all subscribers but one. Returns the number of receivers. */
  broadcast(frame: string, exceptSocketId?: string): number {
    let count = 0;
    for (const connection of this.#subscribers.keys()) {
      if (connection.socketId === exceptSocketId) continue;
      connection.send(frame);
      count += 1;
    }
    return count;
  }
}
