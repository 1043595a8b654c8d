import { isRecord, quote } from '../untrusted.ts';
import { CHANNEL_NAME_RULE, isChannelName, isServerToUserChannel } from './channel.ts';
import { memberTexts, readJson } from './json.ts';
import { LIMITS } from './limits.ts';

/** A frame from a client. `malformed` is an invalid one, with a sentence that says what is wrong. */
export type ClientFrame =
  | {
      readonly type: 'subscribe';
      readonly channel: string;
      /** `KEY:signature`. SDKs send an empty string for public channels. */
      readonly auth: string;
      /** The user that subscribes to a presence channel, as the JSON text that was signed. */
      readonly channelData: string | undefined;
    }
  | {
      readonly type: 'signin';
      /** `KEY:signature` */
      readonly auth: string;
      /** The user that signs in, as the JSON text that was signed. */
      readonly userData: string;
    }
  | { readonly type: 'unsubscribe'; readonly channel: string }
  | { readonly type: 'ping' }
  | { readonly type: 'pong' }
  | {
      readonly type: 'client-event';
      readonly event: string;
      readonly channel: string;
      /** The form that receivers get: the JSON text that the client wrote, or the text itself if it was a string. */
      readonly data: string;
    }
  | { readonly type: 'malformed'; readonly message: string };

/** Reads one text frame from a client. Nothing in it is trusted, and it never throws. */
export function parseClientFrame(text: string): ClientFrame {
  const frame = readJson(text);
  const event = isRecord(frame) ? frame['event'] : undefined;
  if (!isRecord(frame) || typeof event !== 'string') {
    return malformed('a message must be a JSON object {event, data}');
  }
  const { data, channel } = frame;
  switch (event) {
    case 'pusher:subscribe':
      return parseSubscribe(data);
    case 'pusher:unsubscribe':
      return parseUnsubscribe(data);
    case 'pusher:signin':
      return parseSignin(data);
    case 'pusher:ping':
      return { type: 'ping' };
    case 'pusher:pong':
      return { type: 'pong' };
    default:
      return parseClientEvent(text, event, channel, data);
  }
}

function parseSubscribe(data: unknown): ClientFrame {
  if (!isRecord(data)) return malformed('pusher:subscribe needs data {channel}');
  const { channel, auth, channel_data: channelData } = data;
  if (!isSubscribable(channel)) return badChannel(channel);
  if (!isOptionalText(auth) || !isOptionalText(channelData)) {
    return malformed('auth and channel_data of pusher:subscribe must be strings');
  }
  return { type: 'subscribe', channel, auth: auth ?? '', channelData: channelData || undefined };
}

function parseUnsubscribe(data: unknown): ClientFrame {
  if (!isRecord(data)) return malformed('pusher:unsubscribe needs data {channel}');
  const { channel } = data;
  return isSubscribable(channel) ? { type: 'unsubscribe', channel } : badChannel(channel);
}

function parseSignin(data: unknown): ClientFrame {
  if (!isRecord(data)) return malformed('pusher:signin needs data {auth, user_data}');
  const { auth, user_data: userData } = data;
  if (typeof auth !== 'string' || typeof userData !== 'string') {
    return malformed('auth and user_data of pusher:signin must be strings');
  }
  return { type: 'signin', auth, userData };
}

function parseClientEvent(
  text: string,
  event: string,
  channel: unknown,
  data: unknown,
): ClientFrame {
  if (!event.startsWith('client-')) {
    return malformed(
      `event ${quote(event)} is not one that a client may send; its own start with "client-"`,
    );
  }
  if (event.length > LIMITS.eventNameLength) {
    return malformed(`the event name is longer than ${LIMITS.eventNameLength} characters`);
  }
  if (!isChannelName(channel)) return badChannel(channel);
  // A string stays as it is, because some SDKs encode `data` themselves.
  const encoded = typeof data === 'string' ? data : (memberTexts(text).get('data') ?? 'null');
  return { type: 'client-event', event, channel, data: encoded };
}

function isSubscribable(channel: unknown): channel is string {
  return isChannelName(channel) || isServerToUserChannel(channel);
}

function isOptionalText(value: unknown): value is string | null | undefined {
  return typeof value === 'string' || value === null || value === undefined;
}

function badChannel(channel: unknown): ClientFrame {
  return malformed(`channel is ${quote(channel)}; ${CHANNEL_NAME_RULE}`);
}

function malformed(message: string): ClientFrame {
  return { type: 'malformed', message };
}
