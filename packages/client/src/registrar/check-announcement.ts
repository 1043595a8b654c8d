import { encodeAnnouncement, parseAnnouncement, RollcallError } from '@rollcall/protocol';
import type { Owned } from '@rollcall/protocol';
import { LIMITS } from '@rollcall/protocol/pusher';
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

/** @throws RollcallError ROLLCALL_ANNOUNCEMENT if it is too large, signed as it is announced */
export function checkSize(
  registry: RegistryChannels,
  mode: 'presence' | 'lease',
  announcement: Owned,
): void {
  owned(encodeAnnouncement(signed(registry, { announcement, left: false })));
  if (mode === 'lease') return;
  const bytes = Buffer.byteLength(JSON.stringify(ownerIdentity(registry, announcement)));
  if (bytes <= LIMITS.userObjectBytes) return;
  throw mistake(
    `the announcement has ${bytes} bytes as a presence member, and at most ${LIMITS.userObjectBytes} are allowed: shorten meta, or use mode "lease"`,
  );
}

/** The error for an instance that cannot be announced. */
export function mistake(reason: string): RollcallError {
  return new RollcallError('ROLLCALL_ANNOUNCEMENT', `cannot register: ${reason}`);
}
