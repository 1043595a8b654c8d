import { TOKEN, valueBetween } from '../http1/syntax.ts';
import type { FieldAliases } from './field-aliases.ts';

const NAME = new RegExp(`^${TOKEN}$`);
// Latin-1 without control characters (RFC 9110 §5.5), and no blanks around it.
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

/** Fields that belong to the connection or frame the body: the proxy alone writes them. */
const RESERVED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

type Entry = [name: string, lower: string, value: string];

/**
 * The header fields of one message. Names are compared without case; order, and the case of what came, stay.
 */
export class FieldSet {
  /** As they came, until they are read. */
  #lines: string | undefined;
  #read: Entry[] = [];
  #isChanged = false;
  #decided: Set<string> | undefined;

  /** @param lines of fields as they came, each with its CRLF. They are read when they are first needed */
  constructor(lines: string) {
    this.#lines = lines;
  }

  /** Returns the value; of several fields of this name, their values joined by `, `; undefined if there is none. */
  get(name: string): string | undefined {
    const values = this.getAll(name);
    return values.length === 0 ? undefined : values.join(', ');
  }

  /** Returns the value of each field of this name: for Set-Cookie, which cannot be joined. */
  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.#entries.filter(([, lower]) => lower === wanted).map(([, , value]) => value);
  }

  /** Returns whether there is a field of this name. */
  has(name: string): boolean {
    const wanted = name.toLowerCase();
    return this.#entries.some(([, lower]) => lower === wanted);
  }

  /**
   * Replaces every field of this name by one.
   * @throws TypeError if the name or the value is invalid, or the field is one that the proxy alone writes
   */
  set(name: string, value: string): void {
    check(name, value);
    this.#remove(name.toLowerCase());
    this.append(name, value);
  }

  /**
   * Adds a field beside those of this name.
   * @throws TypeError as `set` does
   */
  append(name: string, value: string): void {
    check(name, value);
    this.#isChanged = true;
    this.#decide(name.toLowerCase());
    this.#entries.push([name, name.toLowerCase(), value]);
  }

  /**
   * Removes every field of this name.
   * @throws TypeError if the field is one that the proxy alone writes
   */
  delete(name: string): void {
    const lower = name.toLowerCase();
    if (RESERVED.has(lower)) throw new TypeError(`the field ${name} belongs to the proxy`);
    this.#decide(lower);
    this.#remove(lower);
  }

  /** Removes every field of these names, and every alias of one. Trailers cannot bring them either. */
  deleteAliases(aliases: FieldAliases): void {
    for (const name of aliases.names) this.#decide(name);
    if (this.#lines !== undefined && !aliases.mayStandIn(this.#lines)) return;
    for (const [, lower] of this.#entries) if (aliases.has(lower)) this.delete(lower);
  }

  /** Yields name and value of each field, in their order. */
  *[Symbol.iterator](): Iterator<readonly [name: string, value: string]> {
    for (const [name, , value] of this.#entries) yield [name, value];
  }

  /** Whether it differs from the lines that it was made of. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  /** The names in lower case that were set, added or deleted, whether or not there was such a field. */
  get decided(): readonly string[] {
    return [...(this.#decided ?? [])];
  }

  /** Returns the fields as lines, each with its CRLF. */
  toLines(): string {
    let lines = '';
    for (const [name, , value] of this.#entries) lines += `${name}: ${value}\r\n`;
    return lines;
  }

  get #entries(): Entry[] {
    if (this.#lines === undefined) return this.#read;
    this.#read = entriesOf(this.#lines);
    this.#lines = undefined;
    return this.#read;
  }

  set #entries(entries: Entry[]) {
    this.#read = entries;
  }

  #decide(lower: string): void {
    (this.#decided ??= new Set()).add(lower);
  }

  #remove(lower: string): void {
    const kept = this.#entries.filter((entry) => entry[1] !== lower);
    if (kept.length !== this.#entries.length) this.#isChanged = true;
    this.#entries = kept;
  }
}

function entriesOf(lines: string): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < lines.length;) {
    const colon = lines.indexOf(':', at);
    const end = lines.indexOf('\r\n', colon);
    const name = lines.slice(at, colon);
    entries.push([name, name.toLowerCase(), valueBetween(lines, colon + 1, end)]);
    at = end + 2;
  }
  return entries;
}

function check(name: string, value: string): void {
  if (!NAME.test(name)) throw new TypeError(`${JSON.stringify(name)} is not a field name`);
  if (RESERVED.has(name.toLowerCase()))
    throw new TypeError(`the field ${name} belongs to the proxy`);
  if (!VALUE.test(value))
    throw new TypeError(`the value of ${name} has characters that a field cannot have`);
}
