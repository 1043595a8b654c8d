import { encodeAnnouncement, parseAnnouncement, RollcallError } from '@rollcall/protocol';
import type { Channels, Owned } from '@rollcall/protocol';
import { LIMITS } from '@rollcall/protocol/pusher';
import type { AuthServer } from '../transport/auth-server.ts';
import { ownerIdentity } from '../transport/presence.ts';
import type { RegistryChannels } from '../transport/registry-config.ts';
import { signed } from '../trust/signer.ts';

/**
 * Reads an announcement with its id and version numbers.
 * @throws RollcallError ROLLCALL_ANNOUNCEMENT
 */
export function owned(fields: Record<string, unknown>): Owned {
  const parsed = parseAnnouncement(fields);
  if (!parsed.ok) throw mistake(parsed.refusal.reason);
  const { id, inc, seq } = parsed.value;
  if (id === undefined || inc === undefined || seq === undefined) throw mistake('it has no id');
  return { ...parsed.value, id, inc, seq };
}

/** In place of the channels that an auth server names: a signature is as long with any. */
const UNKNOWN: Channels = {
  registry: '',
  owners: '',
  presencePrefix: '',
  isEncrypted: false,
  isPublic: false,
};

/** @throws RollcallError ROLLCALL_ANNOUNCEMENT if it is too large, signed as it is announced */
export function checkSize(
  registry: RegistryChannels | AuthServer,
  mode: 'presence' | 'lease',
  announcement: Owned,
): void {
  const known = 'channels' in registry ? registry : { ...registry, channels: UNKNOWN };
  owned(encodeAnnouncement(signed(known, { announcement, left: false })));
  if (mode === 'lease') return;
  const bytes = Buffer.byteLength(JSON.stringify(ownerIdentity(known, announcement)));
  if (bytes <= LIMITS.userObjectBytes) return;
  throw mistake(
    `the announcement has ${bytes} bytes as a presence member, and at most ${LIMITS.userObjectBytes} are allowed: shorten meta, or use mode "lease"`,
  );
}

/** The error for an instance that cannot be announced. */
export function mistake(reason: string): RollcallError {
  return new RollcallError('ROLLCALL_ANNOUNCEMENT', `cannot register: ${reason}`);
}
