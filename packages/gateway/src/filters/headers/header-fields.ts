/** A field name (RFC 9110 §5.6.2). */
export const FIELD_NAME: RegExp = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;

/** A field value without CR, LF or other control characters, as bytes of Latin-1 (RFC 9110 §5.5). */
const FIELD_VALUE = /^[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]{0,8190}[\x21-\x7e\x80-\xff])?$/;

const FRAMING = 'the gateway decides how a message is framed';
const CONNECTION = 'belongs to the connection, not to the message (RFC 9110 §7.6.1)';
const FORWARDED = 'the gateway sets it, so that instances can rely on it';

/** Fields that no rule may touch, in lower case, each with the reason. */
const RESERVED: Readonly<Record<string, string>> = {
  'content-length': FRAMING,
  'transfer-encoding': FRAMING,
  trailer: FRAMING,
  connection: CONNECTION,
  expect: CONNECTION,
  'keep-alive': CONNECTION,
  'proxy-connection': CONNECTION,
  te: CONNECTION,
  upgrade: CONNECTION,
  host: 'the gateway routes by it; `hostHeader` sets what instances receive',
  via: FORWARDED,
  forwarded: FORWARDED,
  'x-forwarded-for': FORWARDED,
  'x-forwarded-host': FORWARDED,
  'x-forwarded-mirror': FORWARDED,
  'x-forwarded-port': FORWARDED,
  'x-forwarded-prefix': FORWARDED,
  'x-forwarded-proto': FORWARDED,
  'x-request-id': FORWARDED,
};

/** Returns what is wrong with a name that a rule changes; undefined if it may. */
export function fieldNameProblem(name: string): string | undefined {
  if (!FIELD_NAME.test(name)) return 'is not a header name';
  const lower = name.toLowerCase();
  return Object.hasOwn(RESERVED, lower) ? `cannot be changed: ${RESERVED[lower]}` : undefined;
}

/** Fields that the gateway drops before filters see the request. */
const DROPPED: ReadonlySet<string> = new Set([
  'proxy',
  'proxy-authenticate',
  'proxy-authorization',
]);

/** Returns what is wrong with the name of a field that a filter reads and removes; undefined if it may. */
export function readNameProblem(name: string): string | undefined {
  const isDropped = DROPPED.has(name.toLowerCase());
  return isDropped ? 'cannot be read: the gateway drops it' : fieldNameProblem(name);
}

/** Returns what is wrong with a value that a rule sets; undefined if it is valid. */
export function fieldValueProblem(value: string): string | undefined {
  if (value === '') return 'is empty: list the header under "remove" to drop it';
  return FIELD_VALUE.test(value)
    ? undefined
    : 'must be printable Latin-1 text of at most 8192 characters, without line breaks';
}
