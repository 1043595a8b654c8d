/** Whether a value is an object with keys: not null, and not a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is nested deeper than this. It looks no deeper. */
export function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((part) => isDeeperThan(depth - 1, part));
}

const QUOTED_LENGTH = 80;

/** Control characters (C0 and C1), line separators and bidirectional overrides, which can forge or garble a line. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
export const UNPRINTABLE: RegExp = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

/** A foreign value for a log line: characters that could forge or garble it are replaced, and its length is capped. */
export function quote(value: unknown): string {
  const plain = describe(value).replace(new RegExp(UNPRINTABLE, 'g'), '?');
  return plain.length > QUOTED_LENGTH ? `${plain.slice(0, QUOTED_LENGTH)}…` : plain;
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return JSON.stringify(value);
}
