import { versionOf } from '../wire/statement.ts';
import type { Entry } from './entry.ts';
import { RULES } from './rules.ts';

/** Whether an owner may still speak for its instance: it has not left its presence channel, and its lease runs. */
export function isSpokenFor({ goneAt }: Entry): boolean {
  return goneAt === Infinity;
}

/** Whether an owner in presence mode was heard, and it is unknown whether it is in its presence channel at a broker. */
export function lacksPresence(entry: Entry, broker: number): boolean {
  const { announcement, sightings } = entry;
  const isInPresenceMode = versionOf(announcement) !== undefined && announcement.ttl === undefined;
  return isInPresenceMode && !sightings.has(broker) && isSpokenFor(entry);
}

/** Whether an instance, since its owner last announced it, has given reason to think that its process is gone. */
export function hasReasonToYield(entry: Entry, now: number): boolean {
  return !isSpokenFor(entry) || now - entry.refusedAt <= RULES.refusedMs;
}

/** Whether the process that answers at the endpoint of an instance is probably another one's. */
export function hasRival(entry: Entry, others: readonly Entry[]): boolean {
  return others.some((other) => {
    if (!other.isConfirmed || other.hasEnded || !isSpokenFor(other)) return false;
    // Two that came second-hand together may belong to one process, of which one has spoken already: two of a
    // snapshot, or of other observers. A legacy owner may never speak again.
    const isUnheard = !entry.isConfirmed && !entry.isPresent;
    const isHearsay = isUnheard && versionOf(entry.announcement) !== undefined;
    const isNewer = other.hasClaimed || (entry.isRestored && !other.isRestored);
    return !isSpokenFor(entry) || (isHearsay && isNewer);
  });
}

/**
 * Whether a probe that succeeds proves nothing for an instance, because another process answers. While owners cannot be
 * heard, only an instance whose endpoint another has taken is.
 */
export function isOvertaken(entry: Entry, others: readonly Entry[], hearsOwners: boolean): boolean {
  const isRivalled = hasRival(entry, others);
  if (entry.hasEnded) return hearsOwners || isRivalled;
  return isRivalled && (hearsOwners || !entry.isConfirmed);
}
