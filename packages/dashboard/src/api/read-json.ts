/** The properties of the admin API that are times. */
const TIMES: ReadonlySet<string> = new Set([
  'announcedAt',
  'at',
  'expiresAt',
  'last',
  'leaseEnds',
  'nextOrderAt',
  'now',
  'relayedAt',
  'since',
  'startedAt',
]);

/** Parses JSON of the admin API, in which times are ISO 8601: here they are milliseconds since 1970. */
export function readJson(text: string): unknown {
  return JSON.parse(text, (name, value: unknown) =>
    TIMES.has(name) && typeof value === 'string' ? Date.parse(value) : value,
  );
}
