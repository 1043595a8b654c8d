/** The start of an id, which is enough to compare instances: the first part of a UUID, or 12 characters. */
export function shortId(id: string): string {
  return /^[^-]{8,12}(?=-)|^.{0,12}/.exec(id)?.[0] ?? id;
}
