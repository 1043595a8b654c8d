import { valueBetween } from '../http1/syntax.ts';
import { encodeField } from './hpack-encoder.ts';
import type { HeaderField } from './hpack-static-table.ts';

/** What a block of fields says, its pseudo fields apart. */
export interface FieldLines {
  readonly pseudo: ReadonlyMap<string, string>;
  /** The value of Host, which is not among the lines. */
  readonly host: string | undefined;
  /** All other fields as lines of HTTP/1.1, each with its CRLF. */
  readonly lines: string;
}

// RFC 9113 §8.2.1: no upper case, and no blanks around a value.
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;
/** RFC 9113 §8.2.2: they belong to connections of HTTP/1.1. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Returns fields as lines of HTTP/1.1.
 * @param known the pseudo fields that may stand there
 * @returns in a sentence what is wrong with them, if they are malformed (RFC 9113 §8.1.1)
 */
export function fieldLines(
  fields: readonly HeaderField[],
  known: ReadonlySet<string>,
): FieldLines | string {
  const pseudo = new Map<string, string>();
  let host: string | undefined;
  let lines = '';
  let cookie = '';
  for (const { name, value } of fields) {
    // Of the value too, which would end its line otherwise.
    if (!VALUE.test(value)) return 'A header field has an invalid value.';
    if (name.startsWith(':')) {
      if (!known.has(name)) return 'A pseudo-header field is unknown.';
      if (pseudo.has(name)) return `${name} is given more than once.`;
      if (lines !== '' || cookie !== '' || host !== undefined)
        return 'A pseudo-header field stands behind another field.';
      pseudo.set(name, value);
    } else if (name === 'host') {
      if (host !== undefined) return 'Host is given more than once.';
      host = value;
    } else if (name === 'cookie') {
      // RFC 9113 §8.2.3: one field for HTTP/1.1.
      cookie += cookie === '' ? value : `; ${value}`;
    } else if (!NAME.test(name)) return 'A header field has an invalid name.';
    else if (OF_CONNECTION.has(name)) return `HTTP/2 does not have the field ${name}.`;
    else lines += `${name}: ${value}\r\n`;
  }
  if (cookie !== '') lines += `cookie: ${cookie}\r\n`;
  return { pseudo, host, lines };
}

/**
 * Returns lines of HTTP/1.1 as part of a block of fields.
 * @param dropped names of fields that are left out, in lower case
 */
export function encodeLines(lines: string, dropped: ReadonlySet<string>): string {
  let block = '';
  for (let at = 0; at < lines.length;) {
    const colon = lines.indexOf(':', at);
    const end = lines.indexOf('\r\n', colon);
    const name = lines.slice(at, colon).toLowerCase();
    if (!dropped.has(name)) block += encodeField(name, valueBetween(lines, colon + 1, end));
    at = end + 2;
  }
  return block;
}
