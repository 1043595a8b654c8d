import { instanceKey } from './statement.ts';
import type { Statement } from './statement.ts';

const HASH_LENGTH = 7;
/** What fits one event beside the rest of a roll call. What is left out is told once more, no worse. */
const MAX_STATEMENTS = 1200;

/** What an observer knows, short enough for one event: a hash of 32 bits for each statement. */
export function digestOf(statements: readonly Statement[]): string {
  return statements.slice(0, MAX_STATEMENTS).map(hashOf).join('');
}

/** The statements that are not in a digest. Another's hash may hide one in 4 billion: a probe finds it. */
export function notIn(digest: string, statements: readonly Statement[]): Statement[] {
  const known = hashesOf(digest);
  return statements.filter((statement) => !known.has(hashOf(statement)));
}

/** Whether it holds each of so many statements: a larger table's has no room for all. */
export function holdsAll(digest: string, size: number): boolean {
  return digest.length >= size * HASH_LENGTH;
}

/** Whether the asker knows this. */
export function isIn(digest: string, statement: Statement): boolean {
  return hashesOf(digest).has(hashOf(statement));
}

/** How much a digest has that is not among the statements. */
export function unknownIn(digest: string, statements: readonly Statement[]): number {
  const news = hashesOf(digest);
  for (const statement of statements) news.delete(hashOf(statement));
  return news.size;
}

function hashesOf(digest: string): Set<string> {
  const hashes = new Set<string>();
  for (let at = 0; at < digest.length; at += HASH_LENGTH) {
    hashes.add(digest.slice(at, at + HASH_LENGTH));
  }
  return hashes;
}

/** FNV-1a over what makes one statement differ from another of the same instance. */
function hashOf({ announcement, left }: Statement): string {
  const text = `${instanceKey(announcement)} ${announcement.inc} ${announcement.seq} ${left}`;
  let hash = 0x81_1c_9d_c5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93);
  }
  return (hash >>> 0).toString(36).padStart(HASH_LENGTH, '0');
}
