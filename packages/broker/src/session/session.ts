import {
  channelKind,
  channelStringToSign,
  CLOSE_CODES,
  errorFrame,
  isEncryptedChannel,
  isServerToUserChannel,
  LIMITS,
  parseClientFrame,
  parseMember,
  parseUser,
  PONG_FRAME,
  serverToUserChannel,
  signinSuccessFrame,
  subscriptionErrorFrame,
  userStringToSign,
} from '@rollcall/protocol/pusher';
import type { ClientFrame, Member, User } from '@rollcall/protocol/pusher';
import type { App } from '../app/local-app.ts';
import type { Connection } from '../app/connection.ts';
import { isTokenOf } from '../credentials.ts';
import { RateLimit } from './rate-limit.ts';

type Subscribe = Extract<ClientFrame, { type: 'subscribe' }>;
type Signin = Extract<ClientFrame, { type: 'signin' }>;
type ClientEvent = Extract<ClientFrame, { type: 'client-event' }>;

export interface SessionOptions {
  readonly app: App;
  readonly connection: Connection;
  /** Milliseconds of a clock that never goes back. */
  readonly clock: () => number;
  readonly maxSubscriptions: number;
  /** Bounds what a client that no one has signed for can make the broker keep. */
  readonly maxPublicSubscriptions: number;
}

/** What one client says, and what comes of it. */
export class Session {
  readonly #app: App;
  readonly #connection: Connection;
  readonly #clock: () => number;
  readonly #maxSubscriptions: number;
  readonly #maxPublicSubscriptions: number;
  readonly #channels = new Set<string>();
  #publicChannels = 0;
  readonly #clientEvents = new RateLimit(LIMITS.clientEventsPerSecond);
  #user: User | undefined;

  constructor(options: SessionOptions) {
    this.#app = options.app;
    this.#connection = options.connection;
    this.#clock = options.clock;
    this.#maxSubscriptions = options.maxSubscriptions;
    this.#maxPublicSubscriptions = options.maxPublicSubscriptions;
  }

  /** Takes one text frame from the client. Never throws. */
  receive(text: string): void {
    const frame = parseClientFrame(text);
    switch (frame.type) {
      case 'subscribe':
        return this.#subscribe(frame);
      case 'unsubscribe':
        return this.#unsubscribe(frame.channel);
      case 'signin':
        return this.#signIn(frame);
      case 'client-event':
        return this.#relay(frame);
      case 'ping':
        return this.#connection.send(PONG_FRAME);
      case 'pong':
        return;
      case 'malformed':
        return this.#complain(frame.message);
    }
  }

  /** The client is gone: it leaves all its channels, and is signed out. */
  end(): void {
    for (const channel of this.#channels) this.#unsubscribe(channel);
    const user = this.#user;
    this.#user = undefined;
    if (user !== undefined) this.#app.users.signOut(user, this.#connection);
  }

  #subscribe(frame: Subscribe): void {
    const { channel } = frame;
    if (this.#channels.has(channel)) {
      return this.#complain(`this connection is already subscribed to ${channel}`);
    }
    const excess = this.#excess(channel);
    if (excess !== undefined) return this.#full(channel, excess);
    if (!this.#isAuthorised(frame)) {
      return this.#unauthorised(channel, `the signature for ${channel} is not valid`);
    }
    const member = channelKind(channel) === 'presence' ? this.#readMember(frame) : undefined;
    if (typeof member === 'string') return this.#unauthorised(channel, member);
    if (member !== undefined && !this.#hasRoomFor(channel, member)) {
      return this.#full(
        channel,
        `a presence channel may have at most ${LIMITS.presenceMembers} members`,
      );
    }
    this.#channels.add(channel);
    if (isOpenToAll(channel)) this.#publicChannels += 1;
    this.#app.subscribe(channel, this.#connection, member);
  }

  /** Which limit one more subscription would be over. */
  #excess(channel: string): string | undefined {
    if (this.#channels.size >= this.#maxSubscriptions) {
      return `a connection may have at most ${this.#maxSubscriptions} subscriptions`;
    }
    if (isOpenToAll(channel) && this.#publicChannels >= this.#maxPublicSubscriptions) {
      return `a connection may be in at most ${this.#maxPublicSubscriptions} public channels`;
    }
    return undefined;
  }

  #isAuthorised({ channel, auth, channelData }: Subscribe): boolean {
    if (isServerToUserChannel(channel)) {
      return this.#user !== undefined && channel === serverToUserChannel(this.#user.id);
    }
    if (isOpenToAll(channel)) return true;
    const text = channelStringToSign(this.#connection.socketId, channel, channelData);
    return isTokenOf(this.#app.options, text, auth);
  }

  /** Who subscribes to a presence channel: whoever was signed for, or else whoever is signed in. */
  #readMember({ channelData }: Subscribe): Member | string {
    if (channelData !== undefined) return readMember(channelData);
    if (this.#user === undefined) {
      return 'a presence channel needs channel_data, or a user who is signed in';
    }
    const { id, info } = this.#user;
    return { userId: id, userInfo: info };
  }

  #hasRoomFor(channelName: string, { userId }: Member): boolean {
    const channel = this.#app.channel(channelName);
    return (
      channel === undefined || channel.hasUser(userId) || channel.userCount < LIMITS.presenceMembers
    );
  }

  #unsubscribe(channel: string): void {
    if (!this.#channels.delete(channel)) return;
    if (isOpenToAll(channel)) this.#publicChannels -= 1;
    this.#app.unsubscribe(channel, this.#connection);
  }

  #signIn({ auth, userData }: Signin): void {
    if (this.#user !== undefined) return this.#complain('this connection is already signed in');
    const text = userStringToSign(this.#connection.socketId, userData);
    const user = isTokenOf(this.#app.options, text, auth)
      ? readUser(userData)
      : 'the signature of user_data is not valid';
    // As hosted Pusher does: a client that is not who it says has no business here.
    if (typeof user === 'string') {
      return this.#connection.close(CLOSE_CODES.unauthorised, `sign-in failed: ${user}`);
    }
    const isWatchlistTooLong = user.watchlist.length > LIMITS.watchlistUsers;
    this.#user = isWatchlistTooLong ? { ...user, watchlist: [] } : user;
    this.#connection.send(signinSuccessFrame(userData));
    if (isWatchlistTooLong) {
      this.#complain(
        `a watchlist may have at most ${LIMITS.watchlistUsers} users; this one is ignored`,
        CLOSE_CODES.watchlistTooLong,
      );
    }
    this.#app.users.signIn(this.#user, this.#connection);
  }

  #relay({ event, channel, data }: ClientEvent): void {
    if (channelKind(channel) === 'public') {
      return this.#complain('client events need a private or presence channel');
    }
    if (isEncryptedChannel(channel)) {
      return this.#complain('there are no client events on encrypted channels');
    }
    if (!this.#channels.has(channel)) {
      return this.#complain(`subscribe to ${channel} before sending client events to it`);
    }
    if (Buffer.byteLength(data) > LIMITS.dataBytes) {
      return this.#complain(`data is larger than ${LIMITS.dataBytes} bytes`);
    }
    if (!this.#clientEvents.allows(this.#clock())) {
      return this.#complain(
        `more than ${LIMITS.clientEventsPerSecond} client events in a second; this one was dropped`,
        CLOSE_CODES.clientEventRate,
      );
    }
    this.#app.relay({ event, channel, data, sender: this.#connection });
  }

  #complain(message: string, code?: number): void {
    this.#connection.send(errorFrame(message, code));
  }

  #unauthorised(channel: string, error: string): void {
    this.#connection.send(subscriptionErrorFrame(channel, 'AuthError', error, 401));
  }

  #full(channel: string, error: string): void {
    this.#connection.send(subscriptionErrorFrame(channel, 'LimitReached', error, 403));
  }
}

/** Whether it takes no signature, of the channel or of the user, to subscribe. */
function isOpenToAll(channel: string): boolean {
  return channelKind(channel) === 'public' && !isServerToUserChannel(channel);
}

function readMember(channelData: string): Member | string {
  if (Buffer.byteLength(channelData) > LIMITS.userObjectBytes) {
    return `channel_data is larger than ${LIMITS.userObjectBytes} bytes`;
  }
  return parseMember(channelData);
}

function readUser(userData: string): User | string {
  const user = parseUser(userData);
  if (typeof user === 'string') return user;
  return jsonBytes({ id: user.id, user_info: user.info }) <= LIMITS.userObjectBytes
    ? user
    : `id and user_info are larger than ${LIMITS.userObjectBytes} bytes`;
}

function jsonBytes(value: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(value));
  } catch {
    // JSON.parse takes any depth and JSON.stringify does not: it recurses.
    return Number.POSITIVE_INFINITY;
  }
}
