import type { AuditAction, AuditEntry } from '@rollcall/gateway';
import { hostPort } from './host-port.ts';

const LABELS: Readonly<Record<AuditAction, string>> = {
  drain: 'Drain',
  undrain: 'Undrain',
  'forget-instance': 'Forget instance',
  'forget-service': 'Forget service',
  'promote-version': 'Promote version',
  'hold-version': 'Hold version',
  'reset-version': 'Reset version',
  reload: 'Reload',
};

/** An entry of the audit log in words. */
export interface AuditLine {
  readonly action: string;
  readonly target: string;
  /** Why it was refused, or what a reload has changed. */
  readonly detail: string;
}

/** How many settings of a reload are named. */
const MAX_SETTINGS = 4;

export function auditLine({ action, target, reason, settings = [] }: AuditEntry): AuditLine {
  const { prefix = '', key = '', address, port, version, file } = target;
  const instance =
    address === undefined || port === undefined ? '' : ` ${hostPort({ address, port })}`;
  const software = version === undefined ? '' : ` ${version || 'no version'}`;
  const named = settings.slice(0, MAX_SETTINGS);
  const more = settings.length - named.length;
  const changed = more === 0 ? named : [...named, `${more} more`];
  return {
    action: LABELS[action],
    target: file ?? (`${prefix}${instance}${software}` || key),
    detail: reason ?? changed.join(', '),
  };
}

/** Entries of several pages together, the newest first. */
export function mergedEntries(
  some: readonly AuditEntry[],
  others: readonly AuditEntry[],
): AuditEntry[] {
  const byId = new Map([...some, ...others].map((entry) => [entry.id, entry]));
  return [...byId.values()].toSorted((one, other) => other.id - one.id);
}
