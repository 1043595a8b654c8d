import { setImmediate } from 'node:timers/promises';
import { fromIsoTimes, withIsoTimes } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import { LabelCounter } from '../metrics/label-counter.ts';
import { bounded } from './audit-entry.ts';
import type { AuditEntry, AuditQuery, AuditRecord } from './audit-entry.ts';
import { AuditFile } from './audit-file.ts';

/**
 * Whether the audit log outlives the gateway.
 * - `kept`: in its file.
 * - `failing`: the file cannot be written at the moment. The latest entries are in memory, and written as soon as possible.
 * - `memory`: it has no file.
 */
export type AuditState = 'kept' | 'failing' | 'memory';

export interface AuditLogOptions {
  /** Default: the log is only in memory. */
  readonly file?: Pick<AuditFile, 'append' | 'read'> | undefined;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** In memory there are only entries that are not in the file. */
const MAX_IN_MEMORY = 1000;
/** A full disk stays full for a while. */
const SAVE_AGAIN_MS = 10_000;
/** How many lines are read before others have their turn. */
const LINES_A_TURN = 500;

/** Opens the audit log in a file; `none` for one in memory only. */
export async function openAuditLog(
  file: string | undefined,
  logger: Logger,
  now: () => number = Date.now,
): Promise<AuditLog> {
  const kept = file === undefined || file === 'none' ? undefined : new AuditFile(file);
  const log = new AuditLog({ file: kept, logger, now });
  await log.start();
  return log;
}

/** Who changed what, when and from where. It never holds up what it records. */
export class AuditLog {
  readonly #options: AuditLogOptions;
  /** Entries that are not in the file, in the order they happened. */
  #unsaved: AuditEntry[] = [];
  readonly #counts = new LabelCounter();
  #lastId = 0;
  #isFailing = false;
  #saving: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** Reading and writing of the file take turns. */
  #fileTurn: Promise<unknown> = Promise.resolve();

  constructor(options: AuditLogOptions) {
    this.#options = options;
  }

  get state(): AuditState {
    if (this.#options.file === undefined) return 'memory';
    return this.#isFailing ? 'failing' : 'kept';
  }

  /** How many changes there were since the start, by action and result. */
  get counts(): LabelCounter {
    return this.#counts;
  }

  /** Continues the numbers of an earlier run, and finds out whether the file can be written. */
  async start(): Promise<void> {
    const [latest] = await this.page({ limit: 1, before: Infinity });
    this.#lastId = latest?.id ?? 0;
    await this.#save();
  }

  record(record: AuditRecord): void {
    const { now, file } = this.#options;
    this.#counts.add({ action: record.action, result: record.result });
    this.#unsaved.push({ id: ++this.#lastId, at: now(), ...bounded(record) });
    if (this.#unsaved.length > MAX_IN_MEMORY) this.#unsaved.shift();
    if (file !== undefined && !this.#isFailing) void this.#save();
  }

  /** Returns the latest entries, the newest first. */
  async page({ limit, before }: AuditQuery): Promise<AuditEntry[]> {
    return this.#inTurn(async () => {
      const found = this.#unsaved.filter(({ id }) => id < before).toReversed();
      const oldest = found.at(-1)?.id ?? before;
      for (const line of (await this.#savedLines()).toReversed()) {
        if (found.length >= limit) break;
        const entry = idOf(line) < oldest ? parseEntry(line) : undefined;
        if (entry !== undefined) found.push(entry);
      }
      return found.slice(0, limit);
    });
  }

  /** Yields lines of JSON in the order the entries happened, some at a time. */
  async *export({ limit, before }: AuditQuery): AsyncGenerator<string> {
    const all = await this.#inTurn(async () => [
      ...(await this.#savedLines()),
      ...this.#unsaved.map(lineOf),
    ]);
    const lines = all.filter((line) => idOf(line) < before);
    const first = Math.max(0, lines.length - limit);
    for (let start = first; start < lines.length; start += LINES_A_TURN) {
      const some = lines.slice(start, start + LINES_A_TURN);
      yield some.flatMap((line) => (parseEntry(line) === undefined ? [] : `${line}\n`)).join('');
      await setImmediate();
    }
  }

  /** Saves once more. */
  async close(): Promise<void> {
    await this.#save();
    clearTimeout(this.#retry);
  }

  /** What cannot be read counts as empty: saving reports a file that cannot be used. */
  async #savedLines(): Promise<readonly string[]> {
    return (await this.#options.file?.read().catch(() => [])) ?? [];
  }

  /** Resolves when all was saved, or could not be. */
  async #save(): Promise<void> {
    const { file } = this.#options;
    if (file === undefined) return;
    this.#saving ??= this.#saveAll(file).finally(() => (this.#saving = undefined));
    await this.#saving;
  }

  async #saveAll(file: Pick<AuditFile, 'append'>): Promise<void> {
    const { logger } = this.#options;
    clearTimeout(this.#retry);
    try {
      do {
        await this.#inTurn(() => this.#saveOnce(file));
      } while (this.#unsaved.length > 0);
      if (this.#isFailing) logger.info({}, 'saved the audit log again');
      this.#isFailing = false;
    } catch (error) {
      // A gateway without an audit log is better than none.
      if (!this.#isFailing) logger.error({ err: error }, 'cannot save the audit log: trying again');
      this.#isFailing = true;
      this.#retry = setTimeout(() => void this.#save(), SAVE_AGAIN_MS).unref();
    }
  }

  async #saveOnce(file: Pick<AuditFile, 'append'>): Promise<void> {
    const entries = [...this.#unsaved];
    await file.append(entries.map((entry) => `${lineOf(entry)}\n`).join(''));
    const lastId = entries.at(-1)?.id ?? 0;
    this.#unsaved = this.#unsaved.filter(({ id }) => id > lastId);
  }

  #inTurn<T>(use: () => Promise<T>): Promise<T> {
    const done = this.#fileTurn.then(use);
    this.#fileTurn = done.catch(() => {});
    return done;
  }
}

function lineOf(entry: AuditEntry): string {
  return JSON.stringify(withIsoTimes(entry));
}

/** Without reading the whole line; `NaN` if it is no entry. */
function idOf(line: string): number {
  return Number(/^\{"id":([0-9]{1,15}),/.exec(line)?.[1] ?? NaN);
}

/** Undefined if the line was torn by a crash. */
function parseEntry(line: string): AuditEntry | undefined {
  try {
    return Number.isNaN(idOf(line)) ? undefined : (fromIsoTimes(JSON.parse(line)) as AuditEntry);
  } catch {
    return undefined;
  }
}
