import { createHash } from 'node:crypto';
import { readFile, rename } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { encodeAnnouncement, parseAnnouncement } from '@rollcall/protocol';
import type { Statement } from '@rollcall/protocol';
import { replaceFile } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import type { SavedRollout } from '../rollout/rollouts.ts';

/** The last known table on disk, so that a gateway can route when it starts during an outage of the broker. */
export interface Snapshot {
  /**
   * Returns what was saved last; nothing if there is no file. A damaged file is renamed, so that it can be examined,
   * and reported in the log.
   */
  load(): Promise<SnapshotContent>;
  /** Replaces the file atomically. */
  save(content: SnapshotContent): Promise<void>;
}

/** What is saved. */
interface SnapshotContent {
  /** The table. */
  readonly statements: readonly Statement[];
  /** What was decided about versions. */
  readonly rollouts: readonly SavedRollout[];
}

export interface SnapshotOptions {
  readonly file: string;
  readonly logger: Logger;
}

interface Saved {
  readonly up: readonly unknown[];
  readonly left: readonly unknown[];
  /** Absent in a file of an earlier version. */
  readonly rollouts?: readonly SavedRollout[];
}

/** So many statements are encoded in a millisecond. */
const AT_A_TIME = 500;
const EMPTY: SnapshotContent = { statements: [], rollouts: [] };

export function snapshotAt({ file, logger }: SnapshotOptions): Snapshot {
  async function load(): Promise<SnapshotContent> {
    const text = await readIfThere(file);
    if (text === undefined) return EMPTY;
    const saved = decode(text);
    if (saved !== undefined) {
      const { up, left, rollouts = [] } = saved;
      return { statements: [...statementsOf(up, false), ...statementsOf(left, true)], rollouts };
    }
    const aside = `${file}.damaged`;
    await rename(file, aside);
    logger.warn({ file, renamedTo: aside }, 'snapshot is damaged: starting without it');
    return EMPTY;
  }

  async function save(content: SnapshotContent): Promise<void> {
    await replaceFile(file, await encode(content));
  }

  return { load, save };
}

/** One line of checksum, one of JSON. Requests get their turn meanwhile: 100,000 instances held them up for 200 ms. */
async function encode(content: SnapshotContent): Promise<Iterable<Uint8Array>> {
  const sum = createHash('sha256');
  const parts: Buffer[] = [];
  for (const text of jsonOf(content)) {
    const part = Buffer.from(text);
    sum.update(part);
    parts.push(part);
    await setImmediate();
  }
  return [Buffer.from(`${sum.digest('hex')}\n`), ...parts, Buffer.from('\n')];
}

/** Returns what `JSON.stringify` returns of a {@link Saved}, in parts. */
function* jsonOf({ statements, rollouts }: SnapshotContent): Generator<string> {
  yield '{"up":[';
  yield* itemsOf(statements.filter(({ left }) => !left));
  yield '],"left":[';
  yield* itemsOf(statements.filter(({ left }) => left));
  yield `],"rollouts":${JSON.stringify(rollouts)}}`;
}

function* itemsOf(statements: readonly Statement[]): Generator<string> {
  for (let from = 0; from < statements.length; from += AT_A_TIME) {
    const some = statements.slice(from, from + AT_A_TIME);
    const json = JSON.stringify(some.map(({ announcement }) => encodeAnnouncement(announcement)));
    yield `${from === 0 ? '' : ','}${json.slice(1, -1)}`;
  }
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
