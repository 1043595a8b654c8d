import type { SignedMember, User } from '@rollcall/protocol/pusher';
import type { AppOptions } from '../settings/options.ts';
import type { WebhookEvent } from '../webhook-event.ts';
import type { Connection } from './connection.ts';
import type { Counters } from './counters.ts';
import type { CachedEvent } from './event-cache.ts';
import type { MaybePromise } from './maybe-promise.ts';

/**
 * One app, as sessions, the HTTP API and the metrics use it. {@link LocalApp} keeps its state in this process; a cluster of
 * brokers is another implementation. `test/app/conformance` tests what is described here.
 *
 * **Node and cluster.** Connections are those of this node. Questions ({@link App.channelsNamed} and the others) are
 * answered for all nodes, and publications reach the subscribers of all nodes.
 *
 * **Answers.** A {@link MaybePromise} is a value if the app knows the answer, and a promise otherwise. Every promise
 * settles, within about 5 s. An app that cannot do what it is asked throws, or rejects with, an {@link UnavailableError}; the
 * caller reports its message and continues. Any other error is a bug.
 *
 * **Effects.** Once a call is answered, every later question on this node sees its effect.
 *
 * **Order.** For one connection and one channel, callers wait for each answer before they call again, so that a
 * `subscribe` is never overtaken by its `unsubscribe`. Calls for different channels may overlap, and may be answered in
 * any order.
 */
export interface App {
  readonly options: AppOptions;
  /** What has happened on this node. The app, its sessions and its webhooks each count what they do. */
  readonly counters: Counters;
  /** What this node holds at the moment. */
  readonly size: AppSize;
  /** Whether this node may accept one more connection of the app. */
  readonly hasRoom: boolean;

  /** Serves by other options from now on. The id stays; the key and the secret may change. */
  configure(options: AppOptions): void;

  /** A client has connected to this node. */
  connectionOpened(): void;
  /** A client of this node has gone. Its session has ended its subscriptions, or does so once they are answered. */
  connectionClosed(): void;

  /**
   * Subscribes a connection that is not yet subscribed to the channel.
   *
   * By the time of the answer `subscribed`, the app has written `subscription_succeeded` to the connection, and after it the
   * last event, or `cache_miss`, of a cache channel. From that frame on the connection misses no event, and it is
   * sent none before it. The members in the frame are those of all nodes; later changes follow as `member_added` and
   * `member_removed`, and the connection is not sent its own `member_added`.
   *
   * After `full`, or an error, the connection is not subscribed, and nothing was written to it.
   */
  subscribe(subscription: Subscription): MaybePromise<SubscribeResult>;

  /**
   * Ends a subscription of a connection, at once: no event of the channel is written to it after this returns. Other nodes
   * learn of it later. Does nothing if the connection is not subscribed. Never throws, because a node alone decides about its
   * own connections.
   */
  unsubscribe(channel: string, connection: Connection): void;

  /**
   * Publishes events, in order: to each channel, publications are delivered in the order of these calls, answered or not,
   * and to each subscriber once. The events of one call are accepted together or not at all.
   *
   * The answer means that every node will deliver them. After an error they may or may not have been delivered.
   */
  publish(publications: readonly Publication[]): MaybePromise<void>;

  /** Publishes an event of a subscriber to the others of its channel, as {@link App.publish} does, without caching it. */
  relay(event: ClientEvent): MaybePromise<void>;

  /**
   * Signs a connection in. By the time of the answer, the app has written `signin_success` to it and after it, if the user
   * has a watchlist, which of these users are online. Later changes follow. After an error the connection is not signed in,
   * and nothing was written to it.
   */
  signIn(signIn: SignIn): MaybePromise<void>;

  /** Signs a connection out, with the user that it signed in with. At once and without fail, as {@link App.unsubscribe}. */
  signOut(user: User, connection: Connection): void;

  /** Closes, with 4009, all connections of a user, on all nodes. The answer means that every node will do so. */
  terminateConnections(userId: string): MaybePromise<void>;

  /** Returns the named channels that are occupied. */
  channelsNamed(names: readonly string[]): MaybePromise<ChannelStates>;

  /** Returns the occupied channels whose name starts with `prefix`, except the channels of single users. */
  channelsStartingWith(prefix: string): MaybePromise<ChannelStates>;

  /** Returns the members of a presence channel, each user once. */
  userIds(channel: string): MaybePromise<readonly string[]>;

  /** Returns the same members with what the application says of them. */
  members(channel: string): MaybePromise<readonly SignedMember[]>;

  /** Returns the last event of a cache channel, if it is still kept. */
  lastEvent(channel: string): MaybePromise<CachedEvent | undefined>;

  /** Stops all timers, and leaves the cluster if there is one. Called once, after all connections are closed. */
  close(): MaybePromise<void>;
}

/** Creates an app. The answer means that it is ready to serve. */
export type AppFactory = (options: AppOptions, environment: AppEnvironment) => MaybePromise<App>;

/** Where the apps of a broker live: in this process alone, or on one node of a cluster. */
export interface AppHost {
  readonly createApp: AppFactory;
  /** Why not everything that apps are asked can be done at the moment; undefined if it can. */
  readonly unreadiness: string | undefined;
  /** Set on a node of a cluster. */
  readonly cluster: ClusterState | undefined;
  /** Sets what this node says of itself. Called once, when it listens. */
  introduce(report: () => MaybePromise<NodeReport>): void;
  /** Returns this node, and the others. The answer takes half a second if one of them does not answer. */
  nodes(): MaybePromise<readonly NodeState[]>;
  /** The broker closes: its clients go elsewhere, and are not to be announced as gone. */
  leave(): void;
  /** Called once, after all apps are closed. */
  close(): Promise<void>;
}

/** How a node is joined to the others. */
export interface ClusterState {
  /** The nodes that it knows, and itself. */
  readonly nodes: number;
  /** Whether it can reach the others. */
  readonly isConnected: boolean;
  /** Since when it can reach the others, or cannot. Milliseconds since 1970. */
  readonly since: number;
  /** Why it cannot reach the others, without secrets. */
  readonly reason?: string;
  /** What carries messages between the nodes: `redis`, `redis+sentinel`, `redis+cluster` or `nats`. */
  readonly engine: string;
  /** The servers that are configured, such as `10.0.0.5:6379`. */
  readonly servers: readonly string[];
  /** Where its link leads. Undefined while there is none. */
  readonly server?: string;
  /** Events that wait until the engine accepts them. */
  readonly waitingEvents: number;
  /** Events of other nodes that it could not have any more after its link was down. */
  readonly lostEvents: number;
  /** Messages of the bus that are not of a broker. */
  readonly ignoredMessages: number;
}

/** What a node says of itself. */
export interface NodeReport {
  /** Where it listens, as it sees itself, such as `web-1:6001`. */
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Each app that it serves. */
  readonly apps: readonly AppReport[];
}

/** What one node holds of an app. */
export interface AppReport {
  /** The id of the app. */
  readonly appId: string;
  /** Connections that are open. */
  readonly connections: number;
  /** Channels with a subscriber, except those of single users. */
  readonly channels: number;
  /** Members of presence channels, each once for each channel. */
  readonly members: number;
}

/**
 * `self`: the node that answers. `alive`: it was heard just now. `silent`: it was not heard for a while. `gone`: it was silent
 * for too long, and its clients are announced as gone.
 */
export type NodeStatus = 'self' | 'alive' | 'silent' | 'gone';

/** A node, as another one knows it. */
export interface NodeState {
  /** Unique to a start of its process. Undefined of a broker without a bus. */
  readonly id?: string;
  /** Whether it is heard. */
  readonly status: NodeStatus;
  /** Since when this node knows it; of itself, since when it runs. Milliseconds since 1970. */
  readonly since: number;
  /** How long ago its beat was heard; of itself, its own by the bus. */
  readonly silentMs?: number;
  /** Events that it says it has sent, and that have not arrived. */
  readonly missingEvents: number;
  /** Undefined if it did not answer. */
  readonly report?: NodeReport;
}

/** What a broker provides to each of its apps. */
export interface AppEnvironment {
  readonly counters: Counters;
  /** Passes an event to the webhooks. In a cluster, one node calls it for each event; two may while nodes come or go. */
  readonly report: (event: WebhookEvent) => void;
}

export interface Subscription {
  readonly channel: string;
  readonly connection: Connection;
  /** Set for presence channels only. */
  readonly member?: SignedMember | undefined;
}

/** `full`: the presence channel is at its limit of members, and the user is not one of them. */
export type SubscribeResult = 'subscribed' | 'full';

/** An event for the subscribers of some channels. */
export interface Publication {
  readonly name: string;
  /** Usually JSON; passed on unchanged. */
  readonly data: string;
  /** Each channel once. */
  readonly channels: readonly string[];
  /** A connection that is not sent the event, usually the publisher's own. It may be on another node. */
  readonly exceptSocketId?: string | undefined;
}

/** An event that a subscriber of a channel sends to the others. */
export interface ClientEvent {
  readonly event: string;
  readonly channel: string;
  readonly data: string;
  readonly sender: Connection;
}

export interface SignIn {
  readonly user: User;
  /** The user as the client sent it, to be sent back. */
  readonly userData: string;
  readonly connection: Connection;
}

/** Occupied channels by name. */
export type ChannelStates = ReadonlyMap<string, ChannelState>;

export interface ChannelState {
  readonly subscriptionCount: number;
  /** 0 unless it is a presence channel. */
  readonly userCount: number;
  /** The subscriptions of this node. */
  readonly ownCount: number;
  /** The members that are connected to this node. */
  readonly ownUserCount: number;
}

export interface AppSize {
  readonly connections: number;
  /** Channels with at least one subscriber. */
  readonly channels: number;
  /** Signed-in users. */
  readonly users: number;
}
