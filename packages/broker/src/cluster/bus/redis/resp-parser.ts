import { ChunkJoiner } from '../chunk-joiner.ts';
import { ProtocolError } from '../protocol-error.ts';

/** An error that the server replied. */
export class RespError extends Error {}

/** A value of RESP3. Maps are lists of their keys and values. */
export type RespValue = string | number | null | RespError | readonly RespValue[];

export interface RespHandlers {
  onReply(value: RespValue): void;
  /** What the server sends unasked: messages, and confirmations of subscriptions. */
  onPush(values: readonly RespValue[]): void;
}

const CR = 13;
/** Redis carries more, but who sends it would hold up all others. */
export const MAX_MESSAGE: number = 64 * 2 ** 20;
/** What surrounds a message. */
const MAX_BYTES = MAX_MESSAGE + 4096;
const MAX_DEPTH = 8;

/** Too few bytes: as many are needed at least. */
class Incomplete {
  readonly needed: number;

  constructor(needed: number) {
    this.needed = needed;
  }
}

/** Reads RESP3 from chunks of any size. Throws if they are no RESP3. */
export class RespParser {
  readonly #handlers: RespHandlers;
  readonly #chunks = new ChunkJoiner();
  /** Where in `#data` the next value begins. */
  #at = 0;
  #data: Buffer = Buffer.alloc(0);

  constructor(handlers: RespHandlers) {
    this.#handlers = handlers;
  }

  read(chunk: Buffer): void {
    const data = this.#chunks.add(chunk);
    if (data === undefined) return;
    this.#data = data;
    for (let begin = 0; ; begin = this.#at) {
      this.#at = begin;
      const isPush = this.#data[begin] === 62;
      const value = this.#value(0);
      if (value instanceof Incomplete) {
        const needed = value.needed - begin;
        if (needed > MAX_BYTES) throw new ProtocolError('it sends a value that is too long');
        this.#chunks.keep(data.subarray(begin), needed);
        return;
      }
      if (isPush && Array.isArray(value)) this.#handlers.onPush(value);
      else this.#handlers.onReply(value);
    }
  }

  #value(depth: number): RespValue | Incomplete {
    const end = this.#data.indexOf('\r\n', this.#at, 'latin1');
    if (end === -1) return new Incomplete(this.#data.length + 1);
    const type = String.fromCharCode(this.#data[this.#at] ?? CR);
    const line = this.#data.toString('utf8', this.#at + 1, end);
    this.#at = end + 2;
    switch (type) {
      case '+':
      case '(':
      case ',':
        return line;
      case '-':
        return new RespError(line);
      case ':':
        return Number(line);
      case '#':
        return line === 't' ? 1 : 0;
      case '_':
        return null;
      case '$':
      case '=':
        return this.#text(count(line));
      case '!': {
        const text = this.#text(count(line));
        return typeof text === 'string' ? new RespError(text) : text;
      }
      case '*':
      case '~':
      case '>':
        return this.#list(count(line), depth);
      case '%':
        return this.#list(2 * count(line), depth);
      default:
        throw new ProtocolError('it does not speak RESP3');
    }
  }

  #text(length: number): string | null | Incomplete {
    if (length < 0) return null;
    const end = this.#at + length;
    if (this.#data.length < end + 2) return new Incomplete(end + 2);
    const text = this.#data.toString('utf8', this.#at, end);
    this.#at = end + 2;
    return text;
  }

  #list(length: number, depth: number): readonly RespValue[] | null | Incomplete {
    if (length < 0) return null;
    if (depth === MAX_DEPTH) throw new ProtocolError('it sends a value that is too deep');
    const values: RespValue[] = [];
    for (let each = 0; each < length; each += 1) {
      const value = this.#value(depth + 1);
      if (value instanceof Incomplete) return value;
      values.push(value);
    }
    return values;
  }
}

function count(line: string): number {
  if (!/^(?:-1|\d{1,9})$/.test(line)) throw new ProtocolError('it does not speak RESP3');
  return Number(line);
}
