import { instanceKey } from './statement.ts';
import type { Statement } from './statement.ts';

const HASH_LENGTH = 7;

/**
 * A table in a form that fits one event: a hash of 32 bits for each statement. Statements that do not fit are left
 * out, and are sent needlessly.
 */
export function digestOf(statements: readonly Statement[], maxBytes: number): string {
  return statements
    .slice(0, Math.floor(maxBytes / HASH_LENGTH))
    .map(hashOf)
    .join('');
}

/** The statements that a digest lacks. One in 4 billion is overlooked, because another has the same hash. */
export function missingIn(digest: string, statements: readonly Statement[]): Statement[] {
  const known = hashesOf(digest);
  return statements.filter((statement) => !known.has(hashOf(statement)));
}

/** Whether a digest has room for a table of this size. */
export function holdsAll(digest: string, size: number): boolean {
  return digest.length >= size * HASH_LENGTH;
}

/** Whether a digest has a statement. */
export function isIn(digest: string, statement: Statement): boolean {
  return hashesOf(digest).has(hashOf(statement));
}

/** How many statements of a digest are not among these. */
export function unknownIn(digest: string, statements: readonly Statement[]): number {
  const unknown = hashesOf(digest);
  for (const statement of statements) unknown.delete(hashOf(statement));
  return unknown.size;
}

function hashesOf(digest: string): Set<string> {
  const hashes = new Set<string>();
  for (let at = 0; at < digest.length; at += HASH_LENGTH) {
    hashes.add(digest.slice(at, at + HASH_LENGTH));
  }
  return hashes;
}

/** FNV-1a over the parts in which two statements about one instance can differ. */
function hashOf({ announcement, left }: Statement): string {
  const text = `${instanceKey(announcement)} ${announcement.inc} ${announcement.seq} ${left}`;
  let hash = 0x81_1c_9d_c5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93);
  }
  return (hash >>> 0).toString(36).padStart(HASH_LENGTH, '0');
}
