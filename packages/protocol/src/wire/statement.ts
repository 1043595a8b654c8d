import type { Announcement } from './announcement-types.ts';

/** An entry of a table as observers exchange it: what an instance announced, and whether it has left. */
export interface Statement {
  /** The latest announcement of the instance. */
  readonly announcement: Announcement;
  /** Whether this run of the instance has left. */
  readonly left: boolean;
}

/** The version of an announcement, by which the order of arrival does not matter. */
export interface Version {
  readonly id: string;
  readonly inc: number;
  readonly seq: number;
}

/** The version of an announcement, or undefined if it is a legacy announcement. */
export function versionOf({ id, inc, seq }: Announcement): Version | undefined {
  return id === undefined || inc === undefined ? undefined : { id, inc, seq: seq ?? 0 };
}

/**
 * The key of an instance in tables: its id. A legacy instance is identified by its prefix, address and port:
 * two programs cannot share an address and port.
 */
export function instanceKey(announcement: Announcement): string {
  const version = versionOf(announcement);
  if (version !== undefined) return version.id;
  return `${announcement.prefix} ${announcement.address} ${announcement.port}`;
}

/** The key of an instance that a configuration names: never that of one which announces the same prefix, address and port. */
export function configuredKey({
  prefix,
  address,
  port,
}: Pick<Announcement, 'prefix' | 'address' | 'port'>): string {
  return `configured ${prefix} ${address} ${port}`;
}
