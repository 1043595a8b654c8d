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

/** Two numbers with a dot between, as the server gives each connection one. */
export function isSocketId(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,20}\.\d{1,20}$/.test(value);
}
