import { LIMITS } from './limits.ts';

/** Who may subscribe: any client, an authorised client, or an authorised client that identifies itself. */
export type ChannelKind = 'public' | 'private' | 'presence';

// `#` is reserved for channels that a server creates.
const CHANNEL_NAME = /^[A-Za-z0-9_\-=@,.;]+$/;

export function isChannelName(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= LIMITS.channelNameLength &&
    CHANNEL_NAME.test(value)
  );
}

/** The rule that {@link isChannelName} checks, for error messages. */
export const CHANNEL_NAME_RULE: string = `a channel name is 1 to ${LIMITS.channelNameLength} of A-Z a-z 0-9 _ - = @ , . ;`;

export function channelKind(name: string): ChannelKind {
  if (name.startsWith('presence-')) return 'presence';
  return name.startsWith('private-') ? 'private' : 'public';
}

/** Whether a new subscriber receives the last event of the channel. */
export function isCacheChannel(name: string): boolean {
  return /^(?:private-|private-encrypted-|presence-)?cache-/.test(name);
}

/** Whether the payloads of a channel are encrypted with a key that the server does not have. */
export function isEncryptedChannel(name: string): boolean {
  return name.startsWith('private-encrypted-');
}

const SERVER_TO_USER = '#server-to-user-';

/** The channel of a user who is signed in. No other user may subscribe to it. */
export function serverToUserChannel(userId: string): string {
  return SERVER_TO_USER + userId;
}

export function isServerToUserChannel(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.startsWith(SERVER_TO_USER) &&
    isUserId(value.slice(SERVER_TO_USER.length))
  );
}

/** Whether text is a user id: any characters, within the length that Pusher allows. */
export function isUserId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LIMITS.userIdLength;
}

/**
 * The text of an id, which may be a string or a number.
 * @param json the source of `id`: a number is its own digits, of which a parsed one may have lost some
 */
export function idText(id: unknown, json: string | undefined): string | undefined {
  if (typeof id === 'string') return id;
  return typeof id === 'number' ? json : undefined;
}

/** Whether text is a socket id: two numbers with a dot in between, one for each connection. */
export function isSocketId(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,20}\.\d{1,20}$/.test(value);
}
