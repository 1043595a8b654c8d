import { encodeAnnouncement, OBSERVER_USER_ID, presenceUserId } from '@rollcall/protocol';
import type { Owned } from '@rollcall/protocol';
import { isEncryptedChannel } from '@rollcall/protocol/pusher';
import type { Member } from '@rollcall/protocol/pusher';
import type { Identity } from './owner-access.ts';
import type { RegistryChannels } from './registry-config.ts';
import { signed } from '../trust/signer.ts';
import { disclose, enclose, seal, unseal } from './seal.ts';
import type { Envelope } from './seal.ts';

/** The identity of every observer. */
export const OBSERVER: Identity = { user_id: OBSERVER_USER_ID };

/** The presence channel of an instance. */
export function presenceChannel({ channels }: RegistryChannels, id: string): string {
  return channels.presencePrefix + id;
}

/**
 * The identity of an owner in its instance's presence channel, with its announcement. Without the key of an encrypted registry
 * it is not sealed: the auth server does that.
 */
export function ownerIdentity(registry: RegistryChannels, announcement: Owned): Identity {
  const { masterKey } = registry;
  const encoded = encodeAnnouncement(signed(registry, { announcement, left: false }));
  return {
    user_id: presenceUserId(announcement),
    user_info:
      masterKey === undefined
        ? encoded
        : seal(memberEnvelope(registry, announcement.id), masterKey, encoded),
  };
}

/** A member with its announcement decrypted. */
export function openMember(registry: RegistryChannels, id: string, member: Member): Member {
  if (!registry.channels.isEncrypted) return member;
  const userInfo = unsealed(registry, memberEnvelope(registry, id), member.userInfo);
  return { userId: member.userId, userInfo };
}

function memberEnvelope(registry: RegistryChannels, id: string): Envelope {
  return { event: 'member', channel: presenceChannel(registry, id) };
}

/**
 * The data of an event in the form in which it is published. In an encrypted registry it is enclosed in its envelope.
 * Pusher's SDK encrypts that for the encrypted channels; for presence channels it is sealed here.
 */
export function sealEvent(registry: RegistryChannels, envelope: Envelope, data: unknown): unknown {
  const { masterKey } = registry;
  if (masterKey === undefined) return data;
  if (isEncryptedChannel(envelope.channel)) return enclose(envelope, data);
  return seal(envelope, masterKey, data);
}

/** The data of an event that came, after Pusher's SDK, or undefined if it is not sealed for this event and channel. */
export function openEvent(registry: RegistryChannels, envelope: Envelope, data: unknown): unknown {
  if (!registry.channels.isEncrypted) return data;
  if (isEncryptedChannel(envelope.channel)) return disclose(envelope, data);
  return unsealed(registry, envelope, data);
}

function unsealed(
  { masterKey, channelKeys }: RegistryChannels,
  envelope: Envelope,
  data: unknown,
): unknown {
  const key = masterKey ?? channelKeys?.get(envelope.channel);
  return key === undefined ? undefined : unseal(envelope, key, data);
}
