import { encodeAnnouncement, OBSERVER_USER_ID, presenceUserId } from '@rollcall/protocol';
import type { Owned } from '@rollcall/protocol';
import type { Member } from '@rollcall/protocol/pusher';
import type { Connection } from './connection.ts';
import { seal, unseal } from './seal.ts';

/** Who somebody is in a presence channel, as it is signed. */
export interface Identity {
  readonly user_id: string;
  readonly user_info?: Record<string, unknown>;
}

export const OBSERVER: Identity = { user_id: OBSERVER_USER_ID };

/** The presence channel of an instance. */
export function presenceChannel({ channels }: Connection, id: string): string {
  return channels.presencePrefix + id;
}

/** Who the owner is in its instance's presence channel: with its announcement, sealed if the registry is. */
export function ownerIdentity(connection: Connection, announcement: Owned): Identity {
  const encoded = encodeAnnouncement(announcement);
  const { masterKey } = connection;
  const channel = presenceChannel(connection, announcement.id);
  return {
    user_id: presenceUserId(announcement),
    user_info: masterKey === undefined ? encoded : { ...seal(channel, masterKey, encoded) },
  };
}

/** A member as it was before its announcement was sealed. */
export function openMember(connection: Connection, id: string, member: Member): Member {
  const { masterKey } = connection;
  if (masterKey === undefined) return member;
  const userInfo = unseal(presenceChannel(connection, id), masterKey, member.userInfo);
  return { userId: member.userId, userInfo };
}
