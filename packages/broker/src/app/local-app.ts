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
import type { CachedEvent, KeptEvent } from './event-cache.ts';
import { SubscriptionCounts } from './subscription-counts.ts';
import { Users } from './users.ts';

/** Receives what the clients of this node do, to tell the other nodes. */
export interface OwnChanges {
  /** @param count - of the subscriptions on this node. */
  subscriptions(channel: string, count: number): void;
  /** @param infoJson - `undefined` if the user has left. */
  member(channel: string, userId: string, infoJson: string | undefined): void;
  user(userId: string, isSignedIn: boolean): void;
}

/**
 * An app with all of its state in this process. It answers every call at once. In a cluster it belongs to one node: it
 * receives what the clients of other nodes do, and reports what its own do.
 */
export class LocalApp implements App {
  options: AppOptions;
  readonly counters: Counters;
  /** Those with at least one subscriber, on any node. */
  readonly #channels = new Map<string, Channel>();
  readonly #users = new Users();
  readonly #cache: EventCache;
  readonly #subscriptionCounts = new SubscriptionCounts((channel) => this.#sendCount(channel));
  readonly #report: (event: WebhookEvent) => void;
  readonly #own: OwnChanges | undefined;
  #connections = 0;
  /** Channels with at least one subscriber on this node. */
  #ownChannels = 0;

  /**
   * @param clock - milliseconds of a clock that never goes back.
   * @param own - in a cluster.
   */
  constructor(
    options: AppOptions,
    { counters, report }: AppEnvironment,
    clock: () => number = () => performance.now(),
    own?: OwnChanges,
  ) {
    this.options = options;
    this.counters = counters;
    this.#report = report;
    this.#cache = new EventCache(clock);
    this.#own = own;
  }

  configure(options: AppOptions): void {
    this.options = options;
    if (options.subscriptionCounts !== true) this.#subscriptionCounts.stop();
  }

  get size(): AppSize {
    return {
      connections: this.#connections,
      channels: this.#ownChannels,
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
    const isFirst = channel.add(connection, member);
    if (channel.ownCount === 1) this.#ownChannels += 1;
    this.#own?.subscriptions(name, channel.ownCount);
    if (member !== undefined && isFirst?.here === true) {
      this.#own?.member(name, member.userId, member.userInfoJson);
    }
    if (member !== undefined && isFirst?.anywhere === true) this.#reportAdded(name, member.userId);
    if (isCacheChannel(name)) this.#sendLastEvent(name, connection);
    if (this.#hasCount(name)) this.#subscriptionCounts.changed(channel);
    return 'subscribed';
  }

  unsubscribe(name: string, connection: Connection): void {
    const channel = this.#channels.get(name);
    const countBefore = channel?.ownCount;
    if (channel === undefined) return;
    const wasLast = channel.remove(connection);
    if (channel.ownCount === countBefore) return;
    if (channel.ownCount === 0) this.#ownChannels -= 1;
    if (wasLast?.here === true) this.#own?.member(name, wasLast.userId, undefined);
    this.#own?.subscriptions(name, channel.ownCount);
    if (wasLast?.anywhere === true) this.#reportRemoved(name, wasLast.userId);
    this.#subscriptionsChanged(channel);
  }

  /** Another node has as many subscriptions to a channel. */
  setSubscriptionsElsewhere(node: string, name: string, count: number): void {
    const channel = this.#channels.get(name) ?? (count > 0 ? this.#occupy(name) : undefined);
    channel?.setElsewhere(node, count);
    if (channel !== undefined) this.#subscriptionsChanged(channel);
  }

  /** A user has joined a presence channel on another node, or has left and joined again. */
  addMemberElsewhere(node: string, name: string, member: SignedMember): void {
    const channel = this.#channels.get(name) ?? this.#occupy(name);
    const { userId } = member;
    // The channel stays occupied in between.
    if (channel.hasComeBack(node, member) && channel.removeElsewhere(node, userId)) {
      this.#reportRemoved(name, userId);
    }
    if (channel.addElsewhere(node, member)) this.#reportAdded(name, userId);
  }

  /** A user has left a presence channel on another node. */
  removeMemberElsewhere(node: string, name: string, userId: string): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    if (channel.removeElsewhere(node, userId)) this.#reportRemoved(name, userId);
    if (channel.isEmpty) this.#vacate(channel);
  }

  /** A user is signed in on another node, or is not any more. */
  setUserElsewhere(node: string, userId: string, isSignedIn: boolean): void {
    this.#users.setElsewhere(node, userId, isSignedIn);
  }

  publish(publications: readonly Publication[]): void {
    for (const publication of publications) {
      this.counters.published(publication);
      this.deliver(publication);
    }
  }

  /** Delivers an event to the subscribers of this node. @param stamp - see {@link EventCache.put} */
  deliver({ name: event, data, channels, exceptSocketId }: Publication, stamp?: string): void {
    for (const name of channels) {
      if (isCacheChannel(name)) this.#cache.put(name, { name: event, data, stamp });
      const channel = this.#channels.get(name);
      if (channel === undefined) continue;
      // One frame for all subscribers: encoding is most of the work of a publication.
      const frame = channelEventFrame(name, event, data);
      this.counters.deliveries += channel.broadcast(frame, exceptSocketId);
    }
  }

  relay({ event, channel: name, data, sender }: ClientEvent): void {
    if (!this.#channels.has(name)) return;
    const userId = this.userOf(name, sender);
    this.counters.clientEvents += 1;
    this.deliverClientEvent(name, channelEventFrame(name, event, data, userId), sender.socketId);
    this.#report({
      name: 'client_event',
      channel: name,
      event,
      data,
      socket_id: sender.socketId,
      ...(userId !== undefined && { user_id: userId }),
    });
  }

  /** Delivers the frame of a client event to the subscribers of this node, except its sender. */
  deliverClientEvent(name: string, frame: string, senderId: string): void {
    this.counters.deliveries += this.#channels.get(name)?.broadcast(frame, senderId) ?? 0;
  }

  /** Whether a connection of this node is subscribed to a channel. */
  isSubscribed(name: string, connection: Connection): boolean {
    return this.#channels.get(name)?.isSubscribed(connection) ?? false;
  }

  /** Returns the id of the user with which a connection has subscribed to a presence channel. */
  userOf(name: string, connection: Connection): string | undefined {
    return this.#channels.get(name)?.userOf(connection);
  }

  signIn(signIn: SignIn): void {
    this.#users.signIn(signIn);
    this.#own?.user(signIn.user.id, true);
  }

  signOut(user: User, connection: Connection): void {
    this.#users.signOut(user, connection);
    this.#own?.user(user.id, this.#users.isHere(user.id));
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

  members(channel: string): readonly SignedMember[] {
    return this.#channels.get(channel)?.members() ?? [];
  }

  lastEvent(channel: string): CachedEvent | undefined {
    return this.#cache.get(channel);
  }

  /** Returns the last event of a cache channel as another node can keep it. */
  kept(channel: string): KeptEvent | undefined {
    return this.#cache.kept(channel);
  }

  /** Keeps the last event of a cache channel, which another node has kept. */
  keep(channel: string, event: KeptEvent): void {
    this.#cache.put(channel, event);
  }

  close(): void {
    this.#subscriptionCounts.stop();
    this.counters.log.close();
  }

  #hasRoomFor(name: string, { userId }: SignedMember): boolean {
    const channel = this.#channels.get(name);
    return (
      channel === undefined || channel.hasUser(userId) || channel.userCount < LIMITS.presenceMembers
    );
  }

  #reportAdded(channel: string, userId: string): void {
    this.#report({ name: 'member_added', channel, user_id: userId });
  }

  #reportRemoved(channel: string, userId: string): void {
    this.#report({ name: 'member_removed', channel, user_id: userId });
  }

  #subscriptionsChanged(channel: Channel): void {
    if (channel.isEmpty) this.#vacate(channel);
    else if (this.#hasCount(channel.name)) this.#subscriptionCounts.changed(channel);
  }

  #occupy(name: string): Channel {
    const channel = new Channel(name);
    this.#channels.set(name, channel);
    if (!isServerToUserChannel(name)) this.#report({ name: 'channel_occupied', channel: name });
    return channel;
  }

  #vacate(channel: Channel): void {
    const { name } = channel;
    this.#channels.delete(name);
    this.#subscriptionCounts.forget(channel);
    if (!isServerToUserChannel(name)) this.#report({ name: 'channel_vacated', channel: name });
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
