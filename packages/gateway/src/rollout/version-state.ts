import type { Figures } from './comparison.ts';

/**
 * What a gateway has decided about a version of a service.
 * - `accepted`: it is an old version, or has done as well as one. Its share is that of its instances.
 * - `testing`: it is new, and compared with the old ones.
 * - `held`: it is worse. It receives no requests while the others can bear them.
 */
export type VersionState = 'accepted' | 'testing' | 'held';

/** A version and what was decided about it, to outlive the process. */
export interface SavedVersion {
  /** As announced; an empty string for instances that announce none. */
  readonly version: string;
  /** What was decided. */
  readonly state: VersionState;
  /** Why. */
  readonly why: string;
}

/** A version of a service in the admin API. */
export interface VersionView extends SavedVersion {
  /** How many instances announce it. */
  readonly instances: number;
  /** Its share of the requests; absent if nothing limits it. */
  readonly share?: number;
  /** The requests that were compared: its own, and those of the old versions. Absent if it was not compared. */
  readonly compared?: { readonly own: Figures; readonly old: Figures };
}

/** Something was decided about a version. */
export interface VersionChange {
  readonly version: string;
  /** Whether its state changed, and to what, or only its share. */
  readonly type: 'testing' | 'grown' | 'accepted' | 'held';
  /** A clause about the version, such as: is held back: ... */
  readonly why: string;
}
