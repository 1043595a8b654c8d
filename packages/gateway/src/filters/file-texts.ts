import { readFileSync, statSync } from 'node:fs';
import { errorMessage } from '@rollcall/runtime';

export interface FileTextsOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Receives why a file cannot be read. */
  readonly onFault: (filter: string, reason: string) => void;
}

/** Larger files are refused: they are read by the process that serves requests. */
const MAX_FILE_BYTES = 1_048_576;
/** As often as files of certificates. */
const LOOK_EVERY_MS = 2000;

interface KnownFile {
  text: string | undefined;
  lookedAt: number;
}

/**
 * The texts of the files that settings of filters name, by file. A file is read again when it is used, but not more than
 * once in 2 s. While it cannot be read, its last text stays: a program may be replacing it.
 */
export class FileTexts {
  readonly #options: FileTextsOptions;
  readonly #files = new Map<string, KnownFile>();

  constructor(options: FileTextsOptions) {
    this.#options = options;
  }

  /** Every file is looked at when it is used next: the configuration was read anew. */
  expire(): void {
    for (const known of this.#files.values()) known.lookedAt = -Infinity;
  }

  /**
   * Returns the text of a file; undefined if it could never be read.
   * @param filter what needs it
   */
  textOf(file: string, filter: string): string | undefined {
    const { now, onFault } = this.#options;
    const known = this.#files.get(file) ?? { text: undefined, lookedAt: -Infinity };
    if (now() - known.lookedAt < LOOK_EVERY_MS) return known.text;
    this.#files.set(file, known);
    known.lookedAt = now();
    try {
      known.text = readSmallFile(file);
    } catch (error) {
      onFault(filter, `cannot read ${file}: ${errorMessage(error)}`);
    }
    return known.text;
  }
}

/** @throws Error if it cannot be read, or is larger than {@link MAX_FILE_BYTES} */
export function readSmallFile(file: string): string {
  const { size } = statSync(file);
  if (size > MAX_FILE_BYTES) throw new Error(`it has ${size} bytes; it may have ${MAX_FILE_BYTES}`);
  return readFileSync(file, 'utf8');
}
