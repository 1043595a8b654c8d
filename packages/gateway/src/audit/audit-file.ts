import { constants } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The older file has as much. */
const MAX_BYTES = 10 * 1024 * 1024;
/** A file that another program writes to could be longer than fits into memory. */
const MAX_READ_BYTES = 2 * MAX_BYTES;
const NEWLINE = 0x0a;

/** Opened so, a named pipe without a reader does not block a thread. */
const { O_APPEND, O_CREAT, O_NONBLOCK, O_RDWR } = constants;
const OPEN_TO_APPEND = O_APPEND | O_CREAT | O_NONBLOCK | O_RDWR;

/** Lines of JSON in a file that is rotated to one older file. Calls must not overlap. */
export class AuditFile {
  readonly #file: string;
  readonly #older: string;
  readonly #maxBytes: number;

  /** @param maxBytes at which the file is rotated */
  constructor(file: string, maxBytes: number = MAX_BYTES) {
    this.#file = file;
    this.#older = `${file}.1`;
    this.#maxBytes = maxBytes;
  }

  /** Adds whole lines at the end, or nothing. Creates the file if there is none, also for an empty text. */
  async append(text: string): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    const isFull = await this.#withFile(async (handle) => {
      const { size } = await handle.stat();
      if (text !== '' && size > 0 && size + Buffer.byteLength(text) > this.#maxBytes) return true;
      await addAtEnd(handle, text, size);
      return false;
    });
    if (!isFull) return;
    await rename(this.#file, this.#older);
    await this.#withFile((handle) => addAtEnd(handle, text, 0));
  }

  /** Returns the lines of both files, in the order they were written. */
  async read(): Promise<string[]> {
    const texts = [await readEnd(this.#older), await readEnd(this.#file)];
    return texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
  }

  async #withFile<T>(use: (handle: FileHandle) => Promise<T>): Promise<T> {
    const handle = await open(this.#file, OPEN_TO_APPEND, 0o600);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw new Error(`${this.#file} is not a regular file`);
      return await use(handle);
    } finally {
      await handle.close();
    }
  }
}

async function addAtEnd(handle: FileHandle, text: string, size: number): Promise<void> {
  if (text === '') return;
  try {
    // A line that a crash has torn must not take the next one with it.
    const start = (await isTorn(handle, size)) ? '\n' : '';
    await handle.appendFile(start + text);
    await handle.datasync();
  } catch (error) {
    // A full disk may have taken a part.
    await handle.truncate(size).catch(() => {});
    throw error;
  }
}

async function isTorn(handle: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return false;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== NEWLINE;
}

async function readEnd(file: string): Promise<string> {
  let handle: FileHandle;
  try {
    handle = await open(file, constants.O_RDONLY | O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, MAX_READ_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
