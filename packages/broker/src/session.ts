import {
  channelKind,
  channelStringToSign,
  CLOSE_CODES,
  errorFrame,
  LIMITS,
  parseClientFrame,
  parseMember,
  PONG_FRAME,
  subscriptionErrorFrame,
} from '@rollcall/protocol/pusher';
import type { ClientFrame, Member } from '@rollcall/protocol/pusher';
import type { App } from './app.ts';
import type { Connection } from './connection.ts';
import { isTokenOf } from './credentials.ts';
import { RateLimit } from './rate-limit.ts';

type Subscribe = Extract<ClientFrame, { type: 'subscribe' }>;
type ClientEvent = Extract<ClientFrame, { type: 'client-event' }>;

/** Bounds what one client, which needs no signature for public channels, can make the broker keep. */
export const MAX_SUBSCRIPTIONS = 20_000;

/** What one client says, and what comes of it. */
export class Session {
  readonly #app: App;
  readonly #connection: Connection;
  readonly #clock: () => number;
  readonly #channels = new Set<string>();
  readonly #clientEvents = new RateLimit(LIMITS.clientEventsPerSecond);

  /** @param clock - milliseconds of a clock that never goes back. */
  constructor(app: App, connection: Connection, clock: () => number) {
    this.#app = app;
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Takes one text frame from the client. Never throws. */
  receive(text: string): void {
    const frame = parseClientFrame(text);
    switch (frame.type) {
      case 'subscribe':
        return this.#subscribe(frame);
      case 'unsubscribe':
        return this.#unsubscribe(frame.channel);
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

  /** The client is gone: it leaves all its channels. */
  end(): void {
    for (const channel of this.#channels) this.#unsubscribe(channel);
  }

  #subscribe(frame: Subscribe): void {
    const { channel } = frame;
    if (this.#channels.has(channel)) {
      return this.#complain(`this connection is already subscribed to ${channel}`);
    }
    if (this.#channels.size >= MAX_SUBSCRIPTIONS) {
      return this.#full(
        channel,
        `a connection may have at most ${MAX_SUBSCRIPTIONS} subscriptions`,
      );
    }
    const kind = channelKind(channel);
    if (kind !== 'public' && !this.#isAuthorised(frame)) {
      return this.#unauthorised(channel, `the signature for ${channel} is not valid`);
    }
    const member = kind === 'presence' ? readMember(frame.channelData) : undefined;
    if (typeof member === 'string') return this.#unauthorised(channel, member);
    if (member !== undefined && !this.#hasRoomFor(channel, member)) {
      return this.#full(
        channel,
        `a presence channel may have at most ${LIMITS.presenceMembers} members`,
      );
    }
    this.#channels.add(channel);
    this.#app.subscribe(channel, this.#connection, member);
  }

  #isAuthorised({ channel, auth, channelData }: Subscribe): boolean {
    const text = channelStringToSign(this.#connection.socketId, channel, channelData);
    return isTokenOf(this.#app.credentials, text, auth);
  }

  #hasRoomFor(channelName: string, { userId }: Member): boolean {
    const channel = this.#app.channel(channelName);
    return (
      channel === undefined || channel.hasUser(userId) || channel.userCount < LIMITS.presenceMembers
    );
  }

  #unsubscribe(channel: string): void {
    if (this.#channels.delete(channel)) this.#app.unsubscribe(channel, this.#connection);
  }

  #relay({ event, channel, data }: ClientEvent): void {
    if (channelKind(channel) === 'public') {
      return this.#complain('client events need a private or presence channel');
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
    this.#app.publish({
      name: event,
      data,
      channels: [channel],
      exceptSocketId: this.#connection.socketId,
      userId: this.#app.channel(channel)?.userOf(this.#connection),
    });
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

function readMember(channelData: string | undefined): Member | string {
  if (channelData === undefined) return 'a presence channel needs channel_data';
  if (Buffer.byteLength(channelData) > LIMITS.userObjectBytes) {
    return `channel_data is larger than ${LIMITS.userObjectBytes} bytes`;
  }
  return parseMember(channelData);
}
