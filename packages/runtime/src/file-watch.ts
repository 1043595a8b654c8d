import { readFileSync } from 'node:fs';
import { isOwnShortage } from '@rollcall/protocol';

/**
 * Polls files, and reports when their content differs from what it was when this object was made.
 *
 * It reads them because `fs.watch` misses changes on some file systems, and through the links by which Kubernetes
 * swaps secrets; and because `fs.watchFile` misses a change that comes before its own first look.
 */
export class FileWatch {
  readonly #files: readonly string[];
  #content: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param files small ones, since each poll reads them whole. Make the watch before you read them for use. */
  constructor(files: readonly string[]) {
    this.#files = files;
    this.#content = contentOf(files);
  }

  /** @param everyMs the interval of the polls */
  start(onChange: () => void, everyMs: number): void {
    this.#timer = setInterval(() => {
      const content = contentOf(this.#files);
      if (content === undefined || content === this.#content) return;
      this.#content = content;
      onChange();
    }, everyMs);
    this.#timer.unref();
  }

  /** Takes the files as they are now for known, because they are about to be read for use. */
  refresh(): void {
    this.#content = contentOf(this.#files) ?? this.#content;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Returns undefined if this machine has run out of something, such as descriptors: the files may be as they were. */
function contentOf(files: readonly string[]): string | undefined {
  const contents = files.map(read);
  return contents.includes(undefined) ? undefined : contents.join('\0');
}

/** A file that cannot be read differs from any that can. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return isOwnShortage(code) ? undefined : `\0${String(error)}`;
  }
}
