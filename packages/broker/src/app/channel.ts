import {
  channelKind,
  memberAddedFrame,
  memberRemovedFrame,
  subscriptionSucceededFrame,
} from '@rollcall/protocol/pusher';
import type { Member } from '@rollcall/protocol/pusher';
import type { Connection } from './connection.ts';
import { Members } from './members.ts';

/** A channel and who listens to it. */
export class Channel {
  readonly name: string;
  /** With the id of the user each connection belongs to, in a presence channel. */
  readonly #subscribers = new Map<Connection, string | undefined>();
  /** Of a presence channel only: there may be very many of the others. */
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

  /** Users in the order they came. Empty unless it is a presence channel. */
  userIds(): string[] {
    return this.#members?.ids() ?? [];
  }

  hasUser(userId: string): boolean {
    return this.#members?.has(userId) ?? false;
  }

  /** The user that a subscribed connection belongs to. */
  userOf(connection: Connection): string | undefined {
    return this.#subscribers.get(connection);
  }

  /**
   * Subscribes a connection and tells it so. `member` is given for presence channels. Returns the
   * user who was not there before.
   */
  add(connection: Connection, member?: Member): string | undefined {
    const isNew = member !== undefined && this.#members?.arrive(member) === true;
    // The others hear of a new member before it is among them, so that it does not hear of itself.
    if (isNew) this.broadcast(memberAddedFrame(this.name, member));
    this.#subscribers.set(connection, member?.userId);
    connection.send(subscriptionSucceededFrame(this.name, this.#members?.list()));
    return isNew ? member.userId : undefined;
  }

  /** Returns the user who is not there any more. */
  remove(connection: Connection): string | undefined {
    const userId = this.#subscribers.get(connection);
    this.#subscribers.delete(connection);
    if (userId === undefined || this.#members?.depart(userId) !== true) return undefined;
    this.broadcast(memberRemovedFrame(this.name, userId));
    return userId;
  }

  /** Returns how many it was sent to. */
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
