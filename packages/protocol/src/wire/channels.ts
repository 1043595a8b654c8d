import { isChannelName } from '../pusher/channel.ts';
import { quote } from '../untrusted.ts';

/** The name of the registry's channel by default. */
export const DEFAULT_CHANNEL = 'mapped-discovery';

/** The user_id of every observer in presence channels: for a single user, the transport reports joining only once. */
export const OBSERVER_USER_ID = 'observer';

/** The channels of one registry: see docs/reference/protocol.md. */
export interface Channels {
  /** The channel on which instances are announced. */
  readonly registry: string;
  /** The channel on which owners receive roll calls. */
  readonly owners: string;
  /** The first part of the names of its instances' presence channels. The id of the instance follows. */
  readonly presencePrefix: string;
  /** Whether messages are encrypted, so that the transport itself cannot read them. */
  readonly isEncrypted: boolean;
  /** Whether any program with the app's key may subscribe. */
  readonly isPublic: boolean;
}

/** With `presence-` in front and the longest id behind, a name is within the 164 characters that Pusher documents. */
const MAX_BASE_LENGTH = 164 - 'presence-.'.length - 64;

const PRIVATE = 'private-';
const ENCRYPTED = 'private-encrypted-';

/** What the name of a registry must be, for error messages. */
export const REGISTRY_NAME_RULE: string = `at most ${MAX_BASE_LENGTH} of A-Z a-z 0-9 _ - = @ , . ; with "private-" or "private-encrypted-" in front`;

/** The channels of the registry with a name, or a string that says why the name is invalid. */
export function channelsOf(registry: string): Channels | string {
  const isEncrypted = registry.startsWith(ENCRYPTED);
  const isPrivate = registry.startsWith(PRIVATE);
  const base = registry.slice(isEncrypted ? ENCRYPTED.length : isPrivate ? PRIVATE.length : 0);
  // Cache channels repeat the last event to new subscribers, and presence channels have members: neither is wanted.
  if (/^(presence-|cache-)/.test(base) || !isChannelName(base) || base.length > MAX_BASE_LENGTH) {
    return `the channel is ${quote(registry)}; it must be ${REGISTRY_NAME_RULE}`;
  }
  return {
    registry,
    owners: `${registry}.owners`,
    presencePrefix: `presence-${base}.`,
    isEncrypted,
    isPublic: !isPrivate,
  };
}

/** The user_id of an instance in its presence channel, unique to one run of it. */
export function presenceUserId({ id, inc }: { readonly id: string; readonly inc: number }): string {
  return `${id}~${inc}`;
}

/** The run that a member's user_id names, or undefined if it names none, such as that of an observer. */
export function parsePresenceUserId(userId: string): { id: string; inc: number } | undefined {
  const [id, digits, ...rest] = userId.split('~');
  if (id === undefined || digits === undefined || rest.length > 0) return undefined;
  if (!/^[1-9][0-9]{0,15}$/.test(digits)) return undefined;
  const inc = Number(digits);
  return Number.isSafeInteger(inc) ? { id, inc } : undefined;
}
