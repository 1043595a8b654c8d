import { channelKind, isCacheChannel, isEncryptedChannel } from '@rollcall/protocol/pusher';
import type { App } from '../app/app.ts';

/** A connection of this node. */
export interface ConnectionView {
  /** By which publishers and the log name it. */
  readonly socketId: string;
  /** Since when it is open. Milliseconds since 1970. */
  readonly since: number;
  /** The user that it has signed in with. */
  readonly userId?: string;
  /** Channels that it is subscribed to. */
  readonly channels: number;
  /** What the client has not read. */
  readonly unreadBytes: number;
}

/** `encrypted` is private, too. */
export type ChannelViewKind = 'public' | 'private' | 'presence' | 'encrypted';

/** A channel with a subscriber. */
export interface ChannelView {
  /** Its whole name. */
  readonly name: string;
  /** By its prefix. */
  readonly kind: ChannelViewKind;
  /** Whether its last event is kept. */
  readonly isCached: boolean;
  /** On all nodes. */
  readonly subscriptions: number;
  /** On this node. */
  readonly ownSubscriptions: number;
  /** On all nodes. 0 unless it is a presence channel. */
  readonly members: number;
}

/** A member of a presence channel. */
export interface MemberView {
  /** The id of the user. */
  readonly userId: string;
  /** What the application says of the user, as JSON, and at most 1 KB. */
  readonly userInfoJson: string;
}

/** A part of a list, and how long the whole is. */
export interface ListView<T> {
  /** At most 200. */
  readonly items: readonly T[];
  /** How many match. */
  readonly total: number;
}

/** More rows than a person reads. A filter finds the others. */
const MAX_ITEMS = 200;

/** Returns the channels whose name has `text` in it, those with the most subscriptions first. */
export async function channelsOf(app: App, text: string): Promise<ListView<ChannelView>> {
  const states = [...(await app.channelsStartingWith(''))].filter(([name]) => name.includes(text));
  states.sort(([, one], [, other]) => other.subscriptionCount - one.subscriptionCount);
  const items = states.slice(0, MAX_ITEMS).map(([name, state]): ChannelView => ({
    name,
    kind: isEncryptedChannel(name) ? 'encrypted' : channelKind(name),
    isCached: isCacheChannel(name),
    subscriptions: state.subscriptionCount,
    ownSubscriptions: state.ownCount,
    members: state.userCount,
  }));
  return { items, total: states.length };
}

/** Returns the members of a presence channel, on all nodes. */
export async function membersOf(app: App, channel: string): Promise<ListView<MemberView>> {
  const members = await app.members(channel);
  return { items: members.slice(0, MAX_ITEMS), total: members.length };
}

/** Returns the connections whose socket id or user id has `text` in it, the newest first. */
export function connectionsOf(
  connections: Iterable<ConnectionView>,
  text: string,
): ListView<ConnectionView> {
  const found = [...connections].filter(
    ({ socketId, userId = '' }) => socketId.includes(text) || userId.includes(text),
  );
  return { items: found.slice(-MAX_ITEMS).toReversed(), total: found.length };
}
