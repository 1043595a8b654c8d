import type { Writable } from 'node:stream';
import { hasPendingWrite, writeAllDirectly, writeDirectly } from '../node-internals.ts';

export type Output = Pick<Writable, 'write' | 'cork' | 'uncork' | 'writableNeedDrain'>;

/**
 * Writes Latin-1.
 * @returns false if the receiver should be given time to take it: `drain` follows
 */
export function writeText(to: Output, text: string): boolean {
  return writeDirectly(to, text) ?? to.write(text, 'latin1');
}

/**
 * Writes text, as Latin-1, and bytes in one go. The bytes are held by reference until all is written.
 * @returns as `writeText`
 */
export function writeAll(to: Output, chunks: readonly (string | Buffer)[]): boolean {
  const isTaken = writeAllDirectly(to, chunks);
  if (isTaken !== undefined) return isTaken;
  to.cork();
  let flows = true;
  for (const chunk of chunks) flows = to.write(chunk, 'latin1');
  to.uncork();
  return flows;
}

/** Whether the receiver should be given time before more is written. */
export function needsDrain(to: Output): boolean {
  return to.writableNeedDrain || hasPendingWrite(to);
}
