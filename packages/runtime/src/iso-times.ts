/** The properties of the admin API that are times. */
export const TIMES: ReadonlySet<string> = new Set([
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

/** What a service announces is its own, with fields of any name. */
const FOREIGN = 'announcement';

/** Returns a value for JSON: times, which are milliseconds since 1970 inside a program, become ISO 8601. */
export function withIsoTimes(value: unknown): unknown {
  return mapTimes(value, (time) =>
    typeof time === 'number' && Number.isFinite(time) ? new Date(time).toISOString() : time,
  );
}

/** Returns a value from JSON with its times in milliseconds since 1970. */
export function fromIsoTimes(value: unknown): unknown {
  return mapTimes(value, (time) => (typeof time === 'string' ? Date.parse(time) : time));
}

function mapTimes(value: unknown, convert: (time: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => mapTimes(each, convert));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, each]) => {
    if (TIMES.has(name)) return [name, convert(each)] as const;
    return [name, name === FOREIGN ? each : mapTimes(each, convert)] as const;
  });
  return Object.fromEntries(entries);
}
