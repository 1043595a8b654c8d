import { isChannelName } from '../pusher/channel.ts';
import { quote } from '../untrusted.ts';

/** The channel that is the registry unless another is named. */
export const DEFAULT_CHANNEL = 'mapped-discovery';

/** How all observers are called in presence channels: one user, whose coming a transport tells of only once. */
export const OBSERVER_USER_ID = 'observer';

/** The channels of one registry. docs/reference/protocol.md says who is in which. */
export interface Channels {
  readonly registry: string;
  /** Where owners hear roll calls. */
  readonly owners: string;
  /** What the names of the presence channels of its instances begin with. */
  readonly presencePrefix: string;
  /** The transport itself cannot read what is said. */
  readonly isEncrypted: boolean;
  /** Whoever has the app's key may listen. */
  readonly isPublic: boolean;
}

/** With `presence-` in front and the longest id behind, it is within the 164 characters that Pusher documents. */
const MAX_BASE_LENGTH = 164 - 'presence-.'.length - 64;

const PRIVATE = 'private-';
const ENCRYPTED = 'private-encrypted-';

/** The channels that follow from the registry's name; a string says what is wrong with the name. */
export function channelsOf(registry: string): Channels | string {
  const isEncrypted = registry.startsWith(ENCRYPTED);
  const isPrivate = registry.startsWith(PRIVATE);
  const base = registry.slice(isEncrypted ? ENCRYPTED.length : isPrivate ? PRIVATE.length : 0);
  // Cache channels keep a last event for who comes late, and presence ones have members: neither is wanted.
  if (/^(presence-|cache-)/.test(base) || !isChannelName(base) || base.length > MAX_BASE_LENGTH) {
    return `the channel is ${quote(registry)}; it must be at most ${MAX_BASE_LENGTH} of A-Z a-z 0-9 _ - = @ , . ; with "private-" or "private-encrypted-" in front or nothing`;
  }
  return {
    registry,
    owners: `${registry}.owners`,
    presencePrefix: `presence-${base}.`,
    isEncrypted,
    isPublic: !isPrivate,
  };
}

/** Who an instance is in its presence channel: unique to one run of it. */
export function presenceUserId({ id, inc }: { readonly id: string; readonly inc: number }): string {
  return `${id}~${inc}`;
}

/** The run that a member of a presence channel is; nothing if it is an observer or a stranger. */
export function parsePresenceUserId(userId: string): { id: string; inc: number } | undefined {
  const [id, digits, ...rest] = userId.split('~');
  if (id === undefined || digits === undefined || rest.length > 0) return undefined;
  if (!/^[1-9][0-9]{0,15}$/.test(digits)) return undefined;
  const inc = Number(digits);
  return Number.isSafeInteger(inc) ? { id, inc } : undefined;
}
