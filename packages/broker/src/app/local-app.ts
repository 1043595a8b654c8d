import {
  cacheMissFrame,
  channelEventFrame,
  channelKind,
  isCacheChannel,
  isServerToUserChannel,
  LIMITS,
  subscriptionCountFrame,
} from '@rollcall/protocol/pusher';
import type { SignedMember, User } from '@rollcall/protocol/pusher';
import type { AppOptions } from '../settings/options.ts';
import type { WebhookEvent } from '../webhook-event.ts';
import type {
  App,
  AppEnvironment,
  AppSize,
  ChannelStates,
  ClientEvent,
  Publication,
  SignIn,
  SubscribeResult,
  Subscription,
} from './app.ts';
import { Channel } from './channel.ts';
import type { Connection } from './connection.ts';
import type { Counters } from './counters.ts';
import { EventCache } from './event-cache.ts';
import type { CachedEvent } from './event-cache.ts';
import { SubscriptionCounts } from './subscription-counts.ts';
import { Users } from './users.ts';

/** An app with all of its state in this process. It answers every call at once. */
export class LocalApp implements App {
  options: AppOptions;
  readonly counters: Counters;
  /** Those with at least one subscriber. */
  readonly #channels = new Map<string, Channel>();
  readonly #users = new Users();
  readonly #cache: EventCache;
  readonly #subscriptionCounts = new SubscriptionCounts((channel) => this.#sendCount(channel));
  readonly #report: (event: WebhookEvent) => void;
  #connections = 0;

  /** @param clock - milliseconds of a clock that never goes back. */
  constructor(
    options: AppOptions,
    { counters, report }: AppEnvironment,
    clock: () => number = () => performance.now(),
  ) {
    this.options = options;
    this.counters = counters;
    this.#report = report;
    this.#cache = new EventCache(clock);
  }

  configure(options: AppOptions): void {
    this.options = options;
    if (options.subscriptionCounts !== true) this.#subscriptionCounts.stop();
  }

  get size(): AppSize {
    return {
      connections: this.#connections,
      channels: this.#channels.size,
      users: this.#users.count,
    };
  }

  get hasRoom(): boolean {
    return this.#connections < (this.options.maxConnections ?? Number.POSITIVE_INFINITY);
  }

  connectionOpened(): void {
    this.#connections += 1;
    this.counters.connections += 1;
  }

  connectionClosed(): void {
    this.#connections -= 1;
  }

  subscribe({ channel: name, connection, member }: Subscription): SubscribeResult {
    if (member !== undefined && !this.#hasRoomFor(name, member)) return 'full';
    const channel = this.#channels.get(name) ?? this.#occupy(name);
    const addedUser = channel.add(connection, member);
    if (addedUser !== undefined) {
      this.#report({ name: 'member_added', channel: name, user_id: addedUser });
    }
    if (isCacheChannel(name)) this.#sendLastEvent(name, connection);
    if (this.#hasCount(name)) this.#subscriptionCounts.changed(channel);
    return 'subscribed';
  }

  unsubscribe(name: string, connection: Connection): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    const removedUser = channel.remove(connection);
    if (removedUser !== undefined) {
      this.#report({ name: 'member_removed', channel: name, user_id: removedUser });
    }
    if (channel.subscriptionCount === 0) this.#vacate(name);
    else if (this.#hasCount(name)) this.#subscriptionCounts.changed(channel);
  }

  publish(publications: readonly Publication[]): void {
    for (const publication of publications) this.#publish(publication);
  }

  relay({ event, channel: name, data, sender }: ClientEvent): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    const userId = channel.userOf(sender);
    const frame = channelEventFrame(name, event, data, userId);
    this.counters.clientEvents += 1;
    this.counters.deliveries += channel.broadcast(frame, sender.socketId);
    this.#report({
      name: 'client_event',
      channel: name,
      event,
      data,
      socket_id: sender.socketId,
      ...(userId !== undefined && { user_id: userId }),
    });
  }

  signIn(signIn: SignIn): void {
    this.#users.signIn(signIn);
  }

  signOut(user: User, connection: Connection): void {
    this.#users.signOut(user, connection);
  }

  terminateConnections(userId: string): void {
    this.#users.terminate(userId);
  }

  channelsNamed(names: readonly string[]): ChannelStates {
    const channels = new Map<string, Channel>();
    for (const name of names) {
      const channel = this.#channels.get(name);
      if (channel !== undefined) channels.set(name, channel);
    }
    return channels;
  }

  channelsStartingWith(prefix: string): ChannelStates {
    const channels = new Map<string, Channel>();
    for (const [name, channel] of this.#channels) {
      if (name.startsWith(prefix) && !isServerToUserChannel(name)) channels.set(name, channel);
    }
    return channels;
  }

  userIds(channel: string): readonly string[] {
    return this.#channels.get(channel)?.userIds() ?? [];
  }

  lastEvent(channel: string): CachedEvent | undefined {
    return this.#cache.get(channel);
  }

  close(): void {
    this.#subscriptionCounts.stop();
  }

  #hasRoomFor(name: string, { userId }: SignedMember): boolean {
    const channel = this.#channels.get(name);
    return (
      channel === undefined || channel.hasUser(userId) || channel.userCount < LIMITS.presenceMembers
    );
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

  #publish({ name: event, data, channels, exceptSocketId }: Publication): void {
    for (const name of channels) {
      this.counters.publications += 1;
      if (isCacheChannel(name)) this.#cache.put(name, event, data);
      const channel = this.#channels.get(name);
      if (channel === undefined) continue;
      // One frame for all subscribers: encoding is most of the work of a publication.
      const frame = channelEventFrame(name, event, data);
      this.counters.deliveries += channel.broadcast(frame, exceptSocketId);
    }
  }

  #sendLastEvent(name: string, connection: Connection): void {
    const last = this.#cache.get(name);
    if (last !== undefined) {
      connection.send(channelEventFrame(name, last.name, last.data));
      return;
    }
    connection.send(cacheMissFrame(name));
    this.#report({ name: 'cache_miss', channel: name });
  }

  /** Whether subscribers are sent the subscription count. Presence channels have members, and the channel of a user has one subscriber. */
  #hasCount(name: string): boolean {
    return (
      this.options.subscriptionCounts === true &&
      channelKind(name) !== 'presence' &&
      !isServerToUserChannel(name)
    );
  }

  #sendCount(channel: Channel): void {
    const { name, subscriptionCount } = channel;
    channel.broadcast(subscriptionCountFrame(name, subscriptionCount));
    this.#report({
      name: 'subscription_count',
      channel: name,
      subscription_count: subscriptionCount,
    });
  }
}
