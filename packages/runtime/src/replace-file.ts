import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';

/**
 * Replaces a file atomically by one that only its owner can read: after a power cut, it is the old one or the new one.
 * @param content the whole, or its parts
 */
export async function replaceFile(
  file: string,
  content: string | Iterable<Uint8Array>,
): Promise<void> {
  const temporary = `${file}.${randomBytes(8).toString('hex')}.new`;
  try {
    await writeNew(temporary, content);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Refuses a file or link that exists already: another program may have put it there to have its target overwritten. */
const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
const NEW_FILE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;

async function writeNew(file: string, content: string | Iterable<Uint8Array>): Promise<void> {
  const handle = await open(file, NEW_FILE, 0o600);
  try {
    const parts = typeof content === 'string' ? [content] : content;
    for (const part of parts) await handle.writeFile(part);
    // Otherwise the name could survive a power cut without the content.
    await handle.sync();
  } finally {
    await handle.close();
  }
}
