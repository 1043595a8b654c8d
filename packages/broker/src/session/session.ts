import {
  channelKind,
  channelStringToSign,
  CLOSE_CODES,
  errorFrame,
  isEncryptedChannel,
  isServerToUserChannel,
  LIMITS,
  parseClientFrame,
  PONG_FRAME,
  serverToUserChannel,
  subscriptionErrorFrame,
  userStringToSign,
} from '@rollcall/protocol/pusher';
import type { ClientFrame, SignedMember, User } from '@rollcall/protocol/pusher';
import type { App, SubscribeResult } from '../app/app.ts';
import type { Connection } from '../app/connection.ts';
import { UnavailableError } from '../app/unavailable-error.ts';
import type { BrokerEventType } from '../event-log/broker-event.ts';
import { isTokenOf } from '../credentials.ts';
import { attempt, ChannelCalls } from './channel-calls.ts';
import type { ChannelCallsListener, HeldFrame } from './channel-calls.ts';
import { RateLimit } from './rate-limit.ts';
import { readMember, readUser } from './user-data.ts';

type Subscribe = Extract<ClientFrame, { type: 'subscribe' }>;
type Signin = Extract<ClientFrame, { type: 'signin' }>;
type ClientEvent = Extract<ClientFrame, { type: 'client-event' }>;

/** What the log shows of an event of a client. */
interface LogDetails {
  readonly channel?: string | undefined;
  readonly event?: string | undefined;
  readonly data?: string | undefined;
  readonly userId?: string | undefined;
  readonly detail?: string | undefined;
}

/** Types of `pusher:subscription_error`, with their status. */
const REFUSAL_STATUS = { AuthError: 401, LimitReached: 403, Unavailable: 503 } as const;

export interface SessionOptions {
  readonly app: App;
  readonly client: SessionClient;
  /** Shared by all sessions. */
  readonly settings: SessionSettings;
  /** Milliseconds of a clock that never goes back. */
  readonly clock: () => number;
}

/** A client that has a session. */
export interface SessionClient extends Connection {
  /** Takes an unexpected late error of the app. It closes the connection. */
  failed(error: unknown): void;
}

export interface SessionSettings {
  readonly maxSubscriptions: number;
  /** Bounds the memory that a client without any signature can take. */
  readonly maxPublicSubscriptions: number;
}

/**
 * Handles the frames of one client. If the app answers late, frames about the same channel wait, so that their order is kept.
 * Frames about other channels do not wait.
 */
export class Session implements ChannelCallsListener {
  readonly #app: App;
  readonly #connection: SessionClient;
  readonly #settings: SessionSettings;
  readonly #clock: () => number;
  /** Channels that are subscribed, or whose subscription is pending. */
  readonly #channels = new Set<string>();
  #publicChannels = 0;
  #clientEvents: RateLimit | undefined;
  readonly #calls: ChannelCalls = new ChannelCalls(this);
  /** Set while signed in, and while the sign-in is pending. */
  #user: User | undefined;
  #isSigningIn = false;
  #hasEnded = false;

  constructor({ app, client, settings, clock }: SessionOptions) {
    this.#app = app;
    this.#connection = client;
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Channels that are subscribed, or whose subscription is pending. */
  get channelCount(): number {
    return this.#channels.size;
  }

  /** The user that the client has signed in with. */
  get userId(): string | undefined {
    return this.#user?.id;
  }

  /** Handles one text frame of the client. */
  receive(text: string): void {
    this.#receive(parseClientFrame(text), text.length);
  }

  /** An answer of the app is an unexpected error. */
  failed(error: unknown): void {
    this.#connection.failed(error);
  }

  /** Ends all subscriptions and the sign-in. What is pending ends when it is answered. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const channel of this.#channels) {
      if (!this.#calls.isPending(channel)) this.#unsubscribe(channel);
    }
    if (!this.#isSigningIn) this.#signOut();
  }

  /** @param size - length of the text of the frame. */
  #receive(frame: ClientFrame, size: number, receivedAt?: number): void {
    if (this.#hasEnded) return;
    if (!('channel' in frame) || !this.#calls.isPending(frame.channel)) {
      return this.#handle(frame, receivedAt);
    }
    const held = { frame, size, receivedAt: receivedAt ?? this.#clock() };
    if (this.#calls.hold(held)) return;
    this.#connection.close(
      CLOSE_CODES.overCapacity,
      'too many frames are waiting for an answer about their channel',
    );
  }

  #handle(frame: ClientFrame, receivedAt?: number): void {
    switch (frame.type) {
      case 'subscribe':
        return this.#subscribe(frame);
      case 'unsubscribe':
        if (this.#channels.has(frame.channel)) this.#log('unsubscribed', frame);
        return this.#unsubscribe(frame.channel);
      case 'signin':
        return this.#signIn(frame);
      case 'client-event':
        return this.#relay(frame, receivedAt);
      case 'ping':
        return this.#connection.send(PONG_FRAME);
      case 'pong':
        return;
      case 'malformed':
        return this.#sendError(frame.message);
    }
  }

  #subscribe(frame: Subscribe): void {
    const { channel } = frame;
    if (this.#channels.has(channel)) {
      return this.#sendError(`this connection is already subscribed to ${channel}`);
    }
    const excess = this.#excess(channel);
    if (excess !== undefined) return this.#refuse(channel, 'LimitReached', excess);
    if (!this.#isAuthorised(frame)) {
      return this.#refuse(channel, 'AuthError', `the signature for ${channel} is not valid`);
    }
    const member = channelKind(channel) === 'presence' ? this.#readMember(frame) : undefined;
    if (typeof member === 'string') return this.#refuse(channel, 'AuthError', member);
    this.#channels.add(channel);
    if (isOpenToAll(channel)) this.#publicChannels += 1;
    const connection = this.#connection;
    this.#calls.call(
      channel,
      () => this.#app.subscribe({ channel, connection, member }),
      (result) => this.#subscribed(channel, result, member?.userId),
    );
  }

  #subscribed(channel: string, result: SubscribeResult | UnavailableError, userId?: string): void {
    if (result === 'subscribed') return this.#log('subscribed', { channel, userId });
    this.#forget(channel);
    if (result instanceof UnavailableError) {
      return this.#refuse(channel, 'Unavailable', result.message);
    }
    this.#refuse(
      channel,
      'LimitReached',
      `a presence channel may have at most ${LIMITS.presenceMembers} members`,
    );
  }

  /** Returns the limit that one more subscription would exceed, in words. */
  #excess(channel: string): string | undefined {
    const { maxSubscriptions, maxPublicSubscriptions } = this.#settings;
    if (this.#channels.size >= maxSubscriptions) {
      return `a connection may have at most ${maxSubscriptions} subscriptions`;
    }
    if (isOpenToAll(channel) && this.#publicChannels >= maxPublicSubscriptions) {
      return `a connection may be in at most ${maxPublicSubscriptions} public channels`;
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

  /** Returns the member that subscribes to a presence channel: from `channel_data`, or else the signed-in user. */
  #readMember({ channelData }: Subscribe): SignedMember | string {
    if (channelData !== undefined) return readMember(channelData);
    if (this.#user === undefined) {
      return 'a presence channel needs channel_data, or a user who is signed in';
    }
    const { id, infoJson } = this.#user;
    return { userId: id, userInfoJson: infoJson };
  }

  #unsubscribe(channel: string): void {
    if (this.#forget(channel)) this.#app.unsubscribe(channel, this.#connection);
  }

  /** Removes a channel that is subscribed or pending. Returns whether it was. */
  #forget(channel: string): boolean {
    if (!this.#channels.delete(channel)) return false;
    if (isOpenToAll(channel)) this.#publicChannels -= 1;
    return true;
  }

  #signIn({ auth, userData }: Signin): void {
    if (this.#user !== undefined) return this.#sendError('this connection is already signed in');
    const text = userStringToSign(this.#connection.socketId, userData);
    const user = isTokenOf(this.#app.options, text, auth)
      ? readUser(userData)
      : 'the signature of user_data is not valid';
    // As hosted Pusher does: a client that cannot prove its user is not served.
    if (typeof user === 'string') {
      return this.#connection.close(CLOSE_CODES.unauthorised, `sign-in failed: ${user}`);
    }
    const isWatchlistTooLong = user.watchlist.length > LIMITS.watchlistUsers;
    const accepted = isWatchlistTooLong ? { ...user, watchlist: [] } : user;
    this.#user = accepted;
    const answer = attempt(() =>
      this.#app.signIn({ user: accepted, userData, connection: this.#connection }),
    );
    if (answer instanceof Promise) void this.#signedInLater(answer, isWatchlistTooLong);
    else this.#signedIn(answer, isWatchlistTooLong);
  }

  async #signedInLater(
    answer: Promise<void | UnavailableError>,
    isWatchlistTooLong: boolean,
  ): Promise<void> {
    this.#isSigningIn = true;
    try {
      this.#signedIn(await answer, isWatchlistTooLong);
    } catch (error) {
      this.#connection.failed(error);
    }
    this.#isSigningIn = false;
    if (this.#hasEnded) this.#signOut();
  }

  #signedIn(result: void | UnavailableError, isWatchlistTooLong: boolean): void {
    if (result instanceof UnavailableError) {
      this.#user = undefined;
      // SDKs reconnect after a second, and sign in again.
      return this.#connection.close(CLOSE_CODES.overCapacity, `sign-in failed: ${result.message}`);
    }
    this.#log('signed-in', { userId: this.#user?.id });
    if (isWatchlistTooLong) {
      this.#sendError(
        `a watchlist may have at most ${LIMITS.watchlistUsers} users; this one is ignored`,
        CLOSE_CODES.watchlistTooLong,
      );
    }
  }

  #signOut(): void {
    const user = this.#user;
    this.#user = undefined;
    if (user !== undefined) this.#app.signOut(user, this.#connection);
  }

  #relay({ event, channel, data }: ClientEvent, receivedAt?: number): void {
    if (channelKind(channel) === 'public') {
      return this.#sendError('client events need a private or presence channel');
    }
    if (isEncryptedChannel(channel)) {
      return this.#sendError('there are no client events on encrypted channels');
    }
    if (!this.#channels.has(channel)) {
      return this.#sendError(`subscribe to ${channel} before sending client events to it`);
    }
    if (Buffer.byteLength(data) > LIMITS.dataBytes) {
      return this.#sendError(`data is larger than ${LIMITS.dataBytes} bytes`);
    }
    this.#clientEvents ??= new RateLimit(LIMITS.clientEventsPerSecond);
    if (!this.#clientEvents.allows(receivedAt ?? this.#clock())) {
      return this.#sendError(
        `more than ${LIMITS.clientEventsPerSecond} client events in a second; this one was dropped`,
        CLOSE_CODES.clientEventRate,
      );
    }
    this.#calls.call(
      channel,
      () => this.#app.relay({ event, channel, data, sender: this.#connection }),
      (result) => {
        if (result instanceof UnavailableError) return this.#sendError(result.message);
        this.#log('client-event', { channel, event, data });
      },
    );
  }

  /** Handles the frames about a channel that were held. One of them may cause the rest to be held again. */
  release(channel: string, held: readonly HeldFrame[]): void {
    if (this.#hasEnded) return this.#unsubscribe(channel);
    for (const { frame, size, receivedAt } of held) this.#receive(frame, size, receivedAt);
  }

  #log(type: BrokerEventType, { channel, event, data, userId, detail }: LogDetails): void {
    const { log } = this.#app.counters;
    if (!log.isWatched) return;
    log.add({
      type,
      socketId: this.#connection.socketId,
      ...(channel !== undefined && { channel }),
      ...(event !== undefined && { event }),
      ...(userId !== undefined && { userId }),
      ...(data !== undefined && { data }),
      ...(detail !== undefined && { detail }),
    });
  }

  #sendError(message: string, code?: number): void {
    this.#connection.send(errorFrame(message, code));
  }

  #refuse(channel: string, type: keyof typeof REFUSAL_STATUS, error: string): void {
    this.#log('refused', { channel, detail: error });
    this.#connection.send(subscriptionErrorFrame(channel, type, error, REFUSAL_STATUS[type]));
  }
}

/** Whether a subscription needs no signature, neither of the channel nor of a user. */
function isOpenToAll(channel: string): boolean {
  return channelKind(channel) === 'public' && !isServerToUserChannel(channel);
}
