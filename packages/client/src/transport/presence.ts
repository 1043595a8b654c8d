import { encodeAnnouncement, OBSERVER_USER_ID, presenceUserId } from '@rollcall/protocol';
import type { Owned } from '@rollcall/protocol';
import type { Member } from '@rollcall/protocol/pusher';
import type { RegistryConfig } from './registry-config.ts';
import { seal, unseal } from './seal.ts';
import type { Sealed } from './seal.ts';

/** The identity of a member of a presence channel, as it is signed. */
export interface Identity {
  readonly user_id: string;
  readonly user_info?: object;
}

/** The identity of every observer. */
export const OBSERVER: Identity = { user_id: OBSERVER_USER_ID };

/** The presence channel of an instance. */
export function presenceChannel({ channels }: RegistryConfig, id: string): string {
  return channels.presencePrefix + id;
}

/** The identity of an owner in its instance's presence channel, with its announcement. */
export function ownerIdentity(registry: RegistryConfig, announcement: Owned): Identity {
  return {
    user_id: presenceUserId(announcement),
    user_info: sealFor(registry, announcement.id, encodeAnnouncement(announcement)),
  };
}

/** A member with its announcement decrypted. */
export function openMember(registry: RegistryConfig, id: string, member: Member): Member {
  return { userId: member.userId, userInfo: openFrom(registry, id, member.userInfo) };
}

/**
 * A value in the form in which it is sent to the presence channel of an instance. In an encrypted registry it is
 * sealed, because presence channels have no encryption of their own.
 */
export function sealFor<T>(registry: RegistryConfig, id: string, value: T): T | Sealed {
  const { masterKey } = registry;
  return masterKey === undefined ? value : seal(presenceChannel(registry, id), masterKey, value);
}

/** A value that came from the presence channel of an instance, or undefined if it is not sealed as it should be. */
export function openFrom(registry: RegistryConfig, id: string, value: unknown): unknown {
  const { masterKey } = registry;
  return masterKey === undefined ? value : unseal(presenceChannel(registry, id), masterKey, value);
}
