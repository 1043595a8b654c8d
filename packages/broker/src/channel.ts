import {
  channelKind,
  memberAddedFrame,
  memberRemovedFrame,
  subscriptionSucceededFrame,
} from '@rollcall/protocol/pusher';
import type { ChannelKind, Member } from '@rollcall/protocol/pusher';
import type { Connection } from './connection.ts';

interface Presence {
  readonly member: Member;
  /** A user may come over several connections: they join with the first and leave with the last. */
  connections: number;
}

/** A channel and who listens to it. */
export class Channel {
  readonly name: string;
  readonly kind: ChannelKind;
  /** With the id of the user each connection belongs to, in a presence channel. */
  readonly #subscribers = new Map<Connection, string | undefined>();
  readonly #users = new Map<string, Presence>();

  constructor(name: string) {
    this.name = name;
    this.kind = channelKind(name);
  }

  get subscriptionCount(): number {
    return this.#subscribers.size;
  }

  get userCount(): number {
    return this.#users.size;
  }

  /** Users in the order they came. Empty unless it is a presence channel. */
  userIds(): string[] {
    return [...this.#users.keys()];
  }

  hasUser(userId: string): boolean {
    return this.#users.has(userId);
  }

  /** The user that a subscribed connection belongs to. */
  userOf(connection: Connection): string | undefined {
    return this.#subscribers.get(connection);
  }

  /** Subscribes a connection and tells it so. `member` is given for presence channels. */
  add(connection: Connection, member?: Member): void {
    // The others hear of a new member before it is among them, so that it does not hear of itself.
    if (member !== undefined) this.#arrive(member);
    this.#subscribers.set(connection, member?.userId);
    const members = member && Array.from(this.#users.values(), (presence) => presence.member);
    connection.send(subscriptionSucceededFrame(this.name, members));
  }

  remove(connection: Connection): void {
    const userId = this.#subscribers.get(connection);
    this.#subscribers.delete(connection);
    if (userId !== undefined) this.#depart(userId);
  }

  broadcast(frame: string, exceptSocketId?: string): void {
    for (const connection of this.#subscribers.keys()) {
      if (connection.socketId !== exceptSocketId) connection.send(frame);
    }
  }

  #arrive(member: Member): void {
    const known = this.#users.get(member.userId);
    if (known !== undefined) {
      known.connections += 1;
      return;
    }
    this.#users.set(member.userId, { member, connections: 1 });
    this.broadcast(memberAddedFrame(this.name, member));
  }

  #depart(userId: string): void {
    const presence = this.#users.get(userId);
    if (presence === undefined) return;
    presence.connections -= 1;
    if (presence.connections > 0) return;
    this.#users.delete(userId);
    this.broadcast(memberRemovedFrame(this.name, userId));
  }
}
