/** What was changed. */
export type AuditAction =
  | 'drain'
  | 'undrain'
  | 'forget-instance'
  | 'forget-service'
  | 'promote-version'
  | 'hold-version'
  | 'reset-version'
  | 'reload';

/** What a change is about: an instance, a service, a version of a service, or the file of the configuration. */
export interface AuditTarget {
  /** As requests have it: `/` for the empty one. */
  readonly prefix?: string;
  /** The key of an instance. */
  readonly key?: string;
  /** Where the instance listens. */
  readonly address?: string;
  /** Its port there. */
  readonly port?: number;
  /** As instances announce it; an empty string for instances that announce none. */
  readonly version?: string;
  /** The file of the configuration. */
  readonly file?: string;
}

/** A change, or an attempt at one. */
export interface AuditRecord {
  readonly action: AuditAction;
  /** The name of the token; absent of a reload. */
  readonly who?: string;
  /** The address of the client; absent of a reload. */
  readonly from?: string;
  readonly target: AuditTarget;
  readonly result: 'accepted' | 'refused';
  /** Why it was refused: the code of a problem, or what is wrong with the configuration. */
  readonly reason?: string;
  /** The settings that a reload has changed, without their values. */
  readonly settings?: readonly string[];
  /** Settings that take effect only at the next start. */
  readonly needRestart?: readonly string[];
}

/** A record in the audit log. */
export interface AuditEntry extends AuditRecord {
  /** Counts up by one, also across restarts. */
  readonly id: number;
  /** Milliseconds since 1970; ISO 8601 in JSON. */
  readonly at: number;
}

/** Which entries are read. */
export interface AuditQuery {
  readonly limit: number;
  /** Only entries with a lower id. */
  readonly before: number;
}

/** Longer texts are cut, so that a line has a bounded length. */
const MAX_TEXT = 1000;
/** More settings are only counted. */
const MAX_SETTINGS = 100;

/** Bounds what one record takes. */
export function bounded({
  settings,
  needRestart,
  reason,
  target,
  ...record
}: AuditRecord): AuditRecord {
  const parts = Object.entries(target).map(([key, value]: [string, unknown]) => [
    key,
    typeof value === 'string' ? cut(value) : value,
  ]);
  return {
    ...record,
    target: Object.fromEntries(parts) as AuditTarget,
    ...(reason !== undefined && { reason: cut(reason) }),
    ...(settings !== undefined && { settings: few(settings) }),
    ...(needRestart !== undefined && { needRestart: few(needRestart) }),
  };
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

function few(names: readonly string[]): string[] {
  const shown = names.slice(0, MAX_SETTINGS).map(cut);
  const more = names.length - shown.length;
  return more === 0 ? shown : [...shown, `and ${more} more`];
}
