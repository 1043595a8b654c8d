import { encodeAnnouncement, OBSERVER_USER_ID, presenceUserId } from '@rollcall/protocol';
import type { Owned } from '@rollcall/protocol';
import type { Member } from '@rollcall/protocol/pusher';
import type { RegistryConfig } from './connection.ts';
import { seal, unseal } from './seal.ts';
import type { Sealed } from './seal.ts';

/** Who somebody is in a presence channel, as it is signed. */
export interface Identity {
  readonly user_id: string;
  readonly user_info?: object;
}

export const OBSERVER: Identity = { user_id: OBSERVER_USER_ID };

/** The presence channel of an instance. */
export function presenceChannel({ channels }: RegistryConfig, id: string): string {
  return channels.presencePrefix + id;
}

/** Who the owner is in its instance's presence channel: with its announcement. */
export function ownerIdentity(connection: RegistryConfig, announcement: Owned): Identity {
  return {
    user_id: presenceUserId(announcement),
    user_info: sealFor(connection, announcement.id, encodeAnnouncement(announcement)),
  };
}

/** A member as it was before its announcement was sealed. */
export function openMember(connection: RegistryConfig, id: string, member: Member): Member {
  return { userId: member.userId, userInfo: openFrom(connection, id, member.userInfo) };
}

/**
 * What may go into the presence channel of an instance: in an encrypted registry it is sealed, since
 * presence channels have no encryption of their own.
 */
export function sealFor<T>(connection: RegistryConfig, id: string, value: T): T | Sealed {
  const { masterKey } = connection;
  return masterKey === undefined ? value : seal(presenceChannel(connection, id), masterKey, value);
}

/** What was said in the presence channel of an instance; undefined if it is not sealed as it should be. */
export function openFrom(connection: RegistryConfig, id: string, value: unknown): unknown {
  const { masterKey } = connection;
  return masterKey === undefined
    ? value
    : unseal(presenceChannel(connection, id), masterKey, value);
}
