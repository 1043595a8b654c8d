import { LIMITS } from './limits.ts';

/** Who may subscribe: anyone, whoever was authorised, or whoever was authorised and says who they are. */
export type ChannelKind = 'public' | 'private' | 'presence';

// `#` is reserved for the channels that a server makes itself.
const CHANNEL_NAME = /^[A-Za-z0-9_\-=@,.;]+$/;

export function isChannelName(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= LIMITS.channelNameLength &&
    CHANNEL_NAME.test(value)
  );
}

/** The rule {@link isChannelName} checks, for an error message. */
export const CHANNEL_NAME_RULE: string = `a channel name is 1 to ${LIMITS.channelNameLength} of A-Z a-z 0-9 _ - = @ , . ;`;

export function channelKind(name: string): ChannelKind {
  if (name.startsWith('presence-')) return 'presence';
  return name.startsWith('private-') ? 'private' : 'public';
}

/** Whether who subscribes is sent the last event of the channel. */
export function isCacheChannel(name: string): boolean {
  return /^(?:private-|private-encrypted-|presence-)?cache-/.test(name);
}

/** Whether the payloads of a channel can be read only by who holds its key, which the server does not. */
export function isEncryptedChannel(name: string): boolean {
  return name.startsWith('private-encrypted-');
}

const SERVER_TO_USER = '#server-to-user-';

/** The channel that belongs to a user who is signed in, and to no one else. */
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

/** Ids of users may be of any characters; how many is all that is said of them. */
export function isUserId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LIMITS.userIdLength;
}

/** Two numbers with a dot between, as the server gives each connection one. */
export function isSocketId(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,20}\.\d{1,20}$/.test(value);
}
