import { readFileSync } from 'node:fs';

/**
 * Looks again and again whether files hold something else than when this was made. Asked of the system, what
 * changes in a folder is not told for all file systems, nor through the links by which Kubernetes swaps secrets;
 * and `fs.watchFile` does not tell of a change that comes before its own first look.
 */
export class FileWatch {
  readonly #files: readonly string[];
  #seen: string;
  #timer: NodeJS.Timeout | undefined;

  /** Small files: they are read whole each time. Make it before they are read for use. */
  constructor(files: readonly string[]) {
    this.#files = files;
    this.#seen = contentOf(files);
  }

  /** @param everyMs how often it looks */
  start(onChange: () => void, everyMs: number): void {
    this.#timer = setInterval(() => {
      const content = contentOf(this.#files);
      if (content === this.#seen) return;
      this.#seen = content;
      onChange();
    }, everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function contentOf(files: readonly string[]): string {
  return files.map(read).join('\0');
}

/** One that cannot be read is another than one that can. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    return `\0${String(error)}`;
  }
}
