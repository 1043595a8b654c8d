import { STATIC_TABLE } from './hpack-static-table.ts';

/**
 * The first bytes of the first block on a connection: no table is used here, so that a block is the same on every
 * connection and with any size of the table in the peer's SETTINGS (RFC 7541 §4.2).
 */
export const NO_TABLE = '\x20';

const NAMES: ReadonlyMap<string, number> = new Map(
  // The first of several has the lowest index.
  STATIC_TABLE.map(({ name }, index) => [name, index + 1] as const).toReversed(),
);
const FIELDS: ReadonlyMap<string, number> = new Map(
  STATIC_TABLE.map(({ name, value }, index) => [`${name} ${value}`, index + 1]),
);
/** Never indexed by anyone on the way (RFC 7541 §7.1.3). */
const SECRET: ReadonlySet<string> = new Set(['authorization', 'cookie', 'set-cookie']);

/** Returns a field of a block (RFC 7541 §6). @param name in lower case */
export function encodeField(name: string, value: string): string {
  const whole = FIELDS.get(`${name} ${value}`);
  if (whole !== undefined) return encodeInteger(0x80, 7, whole);
  const kind = SECRET.has(name) ? 0x10 : 0;
  const index = NAMES.get(name);
  if (index !== undefined) return encodeInteger(kind, 4, index) + encodeString(value);
  return String.fromCharCode(kind) + encodeString(name) + encodeString(value);
}

/** As it is: to compress it takes longer than it saves. */
function encodeString(text: string): string {
  return encodeInteger(0, 7, text.length) + text;
}

/** RFC 7541 §5.1. */
function encodeInteger(flags: number, prefixBits: number, value: number): string {
  const max = 2 ** prefixBits - 1;
  if (value < max) return String.fromCharCode(flags | value);
  let text = String.fromCharCode(flags | max);
  let left = value - max;
  for (; left >= 0x80; left >>>= 7) text += String.fromCharCode(0x80 | (left & 0x7f));
  return text + String.fromCharCode(left);
}
