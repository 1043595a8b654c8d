/**
 * A JSON value as text in the one form that every language agrees on: no spaces, and the fields of each object sorted by
 * UTF-16 code units (RFC 8785).
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
