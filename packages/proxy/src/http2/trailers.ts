import { fieldLines } from './field-lines.ts';
import type { HeaderField } from './hpack-static-table.ts';

/**
 * Returns trailers as lines (RFC 9113 §8.1).
 * @returns undefined if they are malformed
 */
export function trailerLines(fields: readonly HeaderField[]): string | undefined {
  const read = fieldLines(fields, NONE);
  return typeof read === 'string' ? undefined : read.lines;
}

const NONE: ReadonlySet<string> = new Set();
