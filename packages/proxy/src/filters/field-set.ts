import { isFieldName } from '../http1/field-kind.ts';
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

/** A field that came. */
interface Line {
  /** Where its name begins, where its colon is, and where its CRLF begins. */
  readonly at: number;
  readonly colon: number;
  readonly end: number;
  isRemoved: boolean;
}

/** A field that was set or added. */
interface Added {
  readonly name: string;
  readonly lower: string;
  readonly value: string;
}

/**
 * The header fields of one message. Names are compared without case; order, and every byte of the lines that came, stay.
 * Only where the lines are is read, and not before it is needed: most filters look for a few names and add some.
 */
export class FieldSet {
  readonly #text: string;
  #lines: readonly Line[] | undefined;
  #added: Added[] = [];
  #deleted: string[] | undefined;
  #hasRemoved = false;

  /** @param lines of fields as they came, each with its CRLF. They are read when they are first needed */
  constructor(lines: string) {
    this.#text = lines;
  }

  /** Returns the value; of several fields of this name, their values joined by `, `; undefined if there is none. */
  get(name: string): string | undefined {
    const values = this.getAll(name);
    return values.length === 0 ? undefined : values.join(', ');
  }

  /** Returns the value of each field of this name: for Set-Cookie, which cannot be joined. */
  getAll(name: string): string[] {
    const lower = name.toLowerCase();
    const values: string[] = [];
    for (const line of this.#read()) if (this.#isOf(line, lower)) values.push(this.#valueOf(line));
    for (const each of this.#added) if (each.lower === lower) values.push(each.value);
    return values;
  }

  /** Returns whether there is a field of this name. */
  has(name: string): boolean {
    const lower = name.toLowerCase();
    for (const line of this.#read()) if (this.#isOf(line, lower)) return true;
    return this.#added.some((each) => each.lower === lower);
  }

  /**
   * Replaces every field of this name by one.
   * @throws TypeError if the name or the value is invalid, or the field is one that the proxy alone writes
   */
  set(name: string, value: string): void {
    const lower = name.toLowerCase();
    check(name, lower, value);
    this.#remove(lower);
    this.#added.push({ name, lower, value });
  }

  /**
   * Adds a field beside those of this name.
   * @throws TypeError as `set` does
   */
  append(name: string, value: string): void {
    const lower = name.toLowerCase();
    check(name, lower, value);
    this.#added.push({ name, lower, value });
  }

  /**
   * Removes every field of this name.
   * @throws TypeError if the field is one that the proxy alone writes
   */
  delete(name: string): void {
    const lower = name.toLowerCase();
    if (RESERVED.has(lower)) throw new TypeError(`the field ${name} belongs to the proxy`);
    (this.#deleted ??= []).push(lower);
    this.#remove(lower);
  }

  /** Removes every field of these names, and every alias of one. Trailers cannot bring them either. */
  deleteAliases(aliases: FieldAliases): void {
    (this.#deleted ??= []).push(...aliases.names);
    if (this.#added.length === 0 && !aliases.mayStandIn(this.#text)) return;
    for (const name of Array.from(this, ([each]) => each.toLowerCase()))
      if (aliases.has(name)) this.delete(name);
  }

  /** Yields name and value of each field, in their order. */
  *[Symbol.iterator](): Iterator<readonly [name: string, value: string]> {
    for (const line of this.#read())
      if (!line.isRemoved) yield [this.#text.slice(line.at, line.colon), this.#valueOf(line)];
    for (const { name, value } of this.#added) yield [name, value];
  }

  /** Whether it differs from the lines that it was made of. */
  get isChanged(): boolean {
    return this.#hasRemoved || this.#added.length > 0;
  }

  /** The names in lower case that were set, added or deleted, whether or not there was such a field. */
  get decided(): readonly string[] {
    return [...this.#added.map(({ lower }) => lower), ...(this.#deleted ?? [])];
  }

  /** Returns the fields as lines, each with its CRLF. */
  toLines(): string {
    let lines = this.#hasRemoved ? this.#kept() : this.#text;
    for (const { name, value } of this.#added) lines += `${name}: ${value}\r\n`;
    return lines;
  }

  /** Where the lines that came are. */
  #read(): readonly Line[] {
    return (this.#lines ??= linesOf(this.#text));
  }

  #isOf({ at, colon, isRemoved }: Line, lower: string): boolean {
    return !isRemoved && colon - at === lower.length && isFieldName(this.#text, at, lower);
  }

  #valueOf({ colon, end }: Line): string {
    return valueBetween(this.#text, colon + 1, end);
  }

  #kept(): string {
    let kept = '';
    for (const { at, end, isRemoved } of this.#read())
      if (!isRemoved) kept += this.#text.slice(at, end + 2);
    return kept;
  }

  #remove(lower: string): void {
    for (const line of this.#read())
      if (this.#isOf(line, lower)) {
        line.isRemoved = true;
        this.#hasRemoved = true;
      }
    if (this.#added.some((each) => each.lower === lower))
      this.#added = this.#added.filter((each) => each.lower !== lower);
  }
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (let at = 0; at < text.length;) {
    const colon = text.indexOf(':', at);
    const end = text.indexOf('\r\n', colon);
    lines.push({ at, colon, end, isRemoved: false });
    at = end + 2;
  }
  return lines;
}

/** Names with the value that was last accepted for each: filters mostly set the same ones. */
const accepted = new Map<string, string>();
const MAX_ACCEPTED = 256;

function check(name: string, lower: string, value: string): void {
  if (accepted.get(name) === value) return;
  if (!NAME.test(name)) throw new TypeError(`${JSON.stringify(name)} is not a field name`);
  if (RESERVED.has(lower)) throw new TypeError(`the field ${name} belongs to the proxy`);
  if (!VALUE.test(value))
    throw new TypeError(`the value of ${name} has characters that a field cannot have`);
  if (accepted.size >= MAX_ACCEPTED) accepted.clear();
  accepted.set(name, value);
}
