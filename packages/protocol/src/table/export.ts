import { instanceKey, versionOf } from '../wire/statement.ts';
import type { Statement } from '../wire/statement.ts';
import { statementOf } from './entry.ts';
import type { Entry } from './entry.ts';
import type { Tombstones } from './tombstones.ts';

type Entries = ReadonlyMap<string, Entry>;

/** Everything that a table knows: its instances, and the exits that it remembers. */
export function exportOf(entries: Entries, tombstones: Tombstones, now: number): Statement[] {
  // The configuration of an observer is its own. Whether a legacy instance that is down still means to be there cannot be known.
  const kept = [...entries.values()].filter(
    ({ status, announcement, hasEnded, configuredAs }) =>
      configuredAs === undefined &&
      !hasEnded &&
      (status !== 'down' || versionOf(announcement) !== undefined),
  );
  return [...kept.map(statementOf), ...tombstones.statements(now)];
}

/** Whether a statement of {@link exportOf} may be sent to another observer. */
export function isExportable(
  { announcement, left }: Statement,
  entries: Entries,
  tombstones: Tombstones,
): boolean {
  const key = instanceKey(announcement);
  return left ? !tombstones.isHearsay(key) : entries.get(key)?.status !== 'down';
}
