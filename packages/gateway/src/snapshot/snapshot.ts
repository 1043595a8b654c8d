import { createHash } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { encodeAnnouncement, parseAnnouncement } from '@rollcall/protocol';
import type { Statement } from '@rollcall/protocol';
import { replaceFile } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';

/** The last known table on disk, so that a gateway can route when it starts during an outage of the broker. */
export interface Snapshot {
  /**
   * Returns what was saved last; nothing if there is no file. A damaged file is renamed, so that it can be examined,
   * and reported in the log.
   */
  load(): Promise<readonly Statement[]>;
  /** Replaces the file atomically. */
  save(statements: readonly Statement[]): Promise<void>;
}

export interface SnapshotOptions {
  readonly file: string;
  readonly logger: Logger;
}

interface Saved {
  readonly up: readonly unknown[];
  readonly left: readonly unknown[];
}

export function snapshotAt({ file, logger }: SnapshotOptions): Snapshot {
  async function load(): Promise<readonly Statement[]> {
    const text = await readIfThere(file);
    if (text === undefined) return [];
    const saved = decode(text);
    if (saved !== undefined)
      return [...statementsOf(saved.up, false), ...statementsOf(saved.left, true)];
    const aside = `${file}.damaged`;
    await rename(file, aside);
    logger.warn({ file, renamedTo: aside }, 'snapshot is damaged: starting without it');
    return [];
  }

  async function save(statements: readonly Statement[]): Promise<void> {
    const encoded = (left: boolean): unknown[] =>
      statements
        .filter((each) => each.left === left)
        .map((each) => encodeAnnouncement(each.announcement));
    await replaceFile(file, encode({ up: encoded(false), left: encoded(true) }));
  }

  return { load, save };
}

/** One line of checksum, one of JSON. */
function encode(saved: Saved): string {
  const json = JSON.stringify(saved);
  return `${checksum(json)}\n${json}\n`;
}

function decode(text: string): Saved | undefined {
  const [sum, json = '', rest] = text.split('\n');
  if (rest !== '' || checksum(json) !== sum) return undefined;
  return JSON.parse(json) as Saved;
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Parses announcements as those from the registry, because rules may have become stricter since they were saved. */
function statementsOf(announcements: readonly unknown[], left: boolean): Statement[] {
  return announcements.flatMap((each) => {
    const parsed = parseAnnouncement(each);
    return parsed.ok ? [{ announcement: parsed.value, left }] : [];
  });
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
