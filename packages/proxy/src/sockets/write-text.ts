import type { Writable } from 'node:stream';
import { hasPendingWrite, writeDirectly } from '../node-internals.ts';

export type Output = Pick<Writable, 'write' | 'cork' | 'uncork' | 'writableNeedDrain'>;

/**
 * Writes Latin-1.
 * @returns false if the receiver should be given time to take it: `drain` follows
 */
export function writeText(to: Output, text: string): boolean {
  return writeDirectly(to, text) ?? to.write(text, 'latin1');
}

/** Whether the receiver should be given time before more is written. */
export function needsDrain(to: Output): boolean {
  return to.writableNeedDrain || hasPendingWrite(to);
}
