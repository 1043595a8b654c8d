import {
  cacheMissFrame,
  channelEventFrame,
  channelKind,
  isCacheChannel,
  isServerToUserChannel,
  subscriptionCountFrame,
} from '@rollcall/protocol/pusher';
import type { Member } from '@rollcall/protocol/pusher';
import { Channel } from './channel.ts';
import type { Connection } from './connection.ts';
import { Counters } from './counters.ts';
import { EventCache } from './event-cache.ts';
import type { AppOptions } from '../options.ts';
import { SubscriptionCounts } from './subscription-counts.ts';
import { Users } from './users.ts';
import type { WebhookEvent } from '../webhooks/event.ts';

/** An event for the subscribers of some channels. */
export interface Publication {
  readonly name: string;
  /** JSON text, as a rule; it is passed on as it is. */
  readonly data: string;
  readonly channels: Iterable<string>;
  /** The connection that is not to get it: its own publication, as a rule. */
  readonly exceptSocketId?: string | undefined;
}

/** An event that one subscriber of a channel has for the others. */
export interface ClientEvent {
  readonly event: string;
  readonly channel: string;
  readonly data: string;
  readonly sender: Connection;
}

export interface AppEnvironment {
  /** Milliseconds of a clock that never goes back. */
  readonly clock?: () => number;
  readonly counters?: Counters;
  /** Takes what webhooks are to tell. */
  readonly report?: (event: WebhookEvent) => void;
}

/** One app: its settings, its occupied channels and its users. Knows nothing of sockets. */
export class App {
  readonly options: AppOptions;
  readonly users: Users = new Users();
  readonly cache: EventCache;
  readonly counters: Counters;
  /** A channel is here from its first subscription to the end of its last. */
  readonly #channels = new Map<string, Channel>();
  readonly #subscriptionCounts: SubscriptionCounts | undefined;
  readonly #report: (event: WebhookEvent) => void;
  #connections = 0;

  constructor(options: AppOptions, { clock, counters, report }: AppEnvironment = {}) {
    this.options = options;
    this.cache = new EventCache(clock ?? (() => performance.now()));
    this.counters = counters ?? new Counters();
    this.#report = report ?? (() => {});
    if (options.subscriptionCounts === true) {
      this.#subscriptionCounts = new SubscriptionCounts((channel) => this.#tellCount(channel));
    }
  }

  get connections(): number {
    return this.#connections;
  }

  get hasRoom(): boolean {
    return this.#connections < (this.options.maxConnections ?? Number.POSITIVE_INFINITY);
  }

  connected(): void {
    this.#connections += 1;
    this.counters.connections += 1;
  }

  disconnected(): void {
    this.#connections -= 1;
  }

  /** The channel of that name, if anyone is subscribed to it. */
  channel(name: string): Channel | undefined {
    return this.#channels.get(name);
  }

  /** The occupied channels, but for those that belong to single users. */
  *channels(): Iterable<Channel> {
    for (const channel of this.#channels.values()) {
      if (!isServerToUserChannel(channel.name)) yield channel;
    }
  }

  get channelCount(): number {
    return this.#channels.size;
  }

  /** @param member - who subscribes, for presence channels. */
  subscribe(name: string, connection: Connection, member?: Member): void {
    const channel = this.#channels.get(name) ?? this.#occupy(name);
    const arrived = channel.add(connection, member);
    if (arrived !== undefined) {
      this.#report({ name: 'member_added', channel: name, user_id: arrived });
    }
    if (isCacheChannel(name)) this.#sendLast(name, connection);
    if (hasCount(channel)) this.#subscriptionCounts?.changed(channel);
  }

  unsubscribe(name: string, connection: Connection): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    const left = channel.remove(connection);
    if (left !== undefined) this.#report({ name: 'member_removed', channel: name, user_id: left });
    if (channel.subscriptionCount === 0) this.#vacate(name);
    else if (hasCount(channel)) this.#subscriptionCounts?.changed(channel);
  }

  publish({ name, data, channels, exceptSocketId }: Publication): void {
    for (const channelName of channels) {
      this.counters.publications += 1;
      if (isCacheChannel(channelName)) this.cache.put(channelName, name, data);
      const channel = this.#channels.get(channelName);
      if (channel === undefined) continue;
      // One frame for all subscribers: encoding is most of the work of a publication.
      const frame = channelEventFrame(channelName, name, data);
      this.counters.deliveries += channel.broadcast(frame, exceptSocketId);
    }
  }

  /** Passes a client event on to the other subscribers of its channel. */
  relay({ event, channel: channelName, data, sender }: ClientEvent): void {
    const channel = this.#channels.get(channelName);
    if (channel === undefined) return;
    const userId = channel.userOf(sender);
    const frame = channelEventFrame(channelName, event, data, userId);
    this.counters.clientEvents += 1;
    this.counters.deliveries += channel.broadcast(frame, sender.socketId);
    this.#report({
      name: 'client_event',
      channel: channelName,
      event,
      data,
      socket_id: sender.socketId,
      ...(userId !== undefined && { user_id: userId }),
    });
  }

  /** Leaves no timer behind. */
  close(): void {
    this.#subscriptionCounts?.stop();
  }

  #occupy(name: string): Channel {
    const channel = new Channel(name);
    this.#channels.set(name, channel);
    if (!isServerToUserChannel(name)) this.#report({ name: 'channel_occupied', channel: name });
    return channel;
  }

  #vacate(name: string): void {
    this.#channels.delete(name);
    if (!isServerToUserChannel(name)) this.#report({ name: 'channel_vacated', channel: name });
  }

  #sendLast(name: string, connection: Connection): void {
    const last = this.cache.get(name);
    if (last !== undefined) {
      connection.send(channelEventFrame(name, last.name, last.data));
      return;
    }
    connection.send(cacheMissFrame(name));
    this.#report({ name: 'cache_miss', channel: name });
  }

  #tellCount(channel: Channel): void {
    const { name, subscriptionCount } = channel;
    channel.broadcast(subscriptionCountFrame(name, subscriptionCount));
    this.#report({
      name: 'subscription_count',
      channel: name,
      subscription_count: subscriptionCount,
    });
  }
}

/** Presence channels tell of each member instead, and the channel of one user has no one to tell. */
function hasCount({ name }: Channel): boolean {
  return channelKind(name) !== 'presence' && !isServerToUserChannel(name);
}
