import { channelEventFrame } from '@rollcall/protocol/pusher';
import type { Member } from '@rollcall/protocol/pusher';
import { Channel } from './channel.ts';
import type { Connection } from './connection.ts';
import type { AppCredentials } from './credentials.ts';

/** An event for the subscribers of some channels. */
export interface Publication {
  readonly name: string;
  /** JSON text, as a rule; it is passed on as it is. */
  readonly data: string;
  readonly channels: Iterable<string>;
  /** The connection that is not to get it: its own publication, as a rule. */
  readonly exceptSocketId?: string | undefined;
  /** The sender, for client events in presence channels. */
  readonly userId?: string | undefined;
}

/** One app: its credentials and its occupied channels. Knows nothing of sockets. */
export class App {
  readonly credentials: AppCredentials;
  /** A channel is here from its first subscription to the end of its last. */
  readonly #channels = new Map<string, Channel>();

  constructor(credentials: AppCredentials) {
    this.credentials = credentials;
  }

  /** The channel of that name, if anyone is subscribed to it. */
  channel(name: string): Channel | undefined {
    return this.#channels.get(name);
  }

  channels(): Iterable<Channel> {
    return this.#channels.values();
  }

  /** @param member - who subscribes, for presence channels. */
  subscribe(name: string, connection: Connection, member?: Member): void {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = new Channel(name);
      this.#channels.set(name, channel);
    }
    channel.add(connection, member);
  }

  unsubscribe(name: string, connection: Connection): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    channel.remove(connection);
    if (channel.subscriptionCount === 0) this.#channels.delete(name);
  }

  publish({ name, data, channels, exceptSocketId, userId }: Publication): void {
    for (const channelName of channels) {
      const channel = this.#channels.get(channelName);
      if (channel === undefined) continue;
      // One frame for all subscribers: encoding is most of the work of a publication.
      channel.broadcast(channelEventFrame(channelName, name, data, userId), exceptSocketId);
    }
  }
}
