import type { BodyReader } from './framing.ts';
import { ONLY_FIELDS, TOKEN } from './syntax.ts';

const QUOTED = '"(?:[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\t\\x20-\\x7e])*"';
const BWS = '[\\t ]*';
// RFC 9112 §7.1.1: blanks and zeros that many senders write. Eight digits hold every size in use. Extensions are read
// only to be dropped.
const SIZE = new RegExp(
  `^0*(?<size>[0-9A-Fa-f]{1,8})(?:${BWS};${BWS}${TOKEN}(?:${BWS}=${BWS}(?:${TOKEN}|${QUOTED}))?)*${BWS}\\r$`,
);
/** RFC 9110 §6.5.1: too late to count, but a recipient may believe it. */
const FRAMING = /^(?:content-length|transfer-encoding):/i;
const MAX_SIZE_LINE = 256;

/** Reads the chunked coding (RFC 9112 §7.1), byte for byte as it is written there. */
export class ChunkedReader implements BodyReader {
  #state: 'size' | 'content' | 'end' | 'trailers' | 'done' = 'size';
  /** The part of a line that has come. */
  #line = '';
  /** Bytes of the chunk, or of the CRLF after it, that are still to come. */
  #left = 0;
  readonly #maxTrailerBytes: number;
  fault: string | undefined;
  trailers = '';

  constructor(maxTrailerBytes: number) {
    this.#maxTrailerBytes = maxTrailerBytes;
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  read(bytes: Buffer, from: number, parts: Buffer[]): number {
    let at = from;
    while (at < bytes.length && this.fault === undefined) {
      if (this.#state === 'done') return at;
      if (this.#state === 'content') at = this.#content(bytes, at, parts);
      else if (this.#state === 'end') at = this.#end(bytes, at);
      else at = this.#lines(bytes, at);
    }
    return at;
  }

  #content(bytes: Buffer, at: number, parts: Buffer[]): number {
    const end = Math.min(bytes.length, at + this.#left);
    parts.push(bytes.subarray(at, end));
    this.#left -= end - at;
    if (this.#left === 0) {
      this.#state = 'end';
      this.#left = 2;
    }
    return end;
  }

  /** The CRLF after a chunk. */
  #end(bytes: Buffer, at: number): number {
    if (bytes[at] !== (this.#left === 2 ? 0x0d : 0x0a))
      this.fault = 'a chunk does not have the size that it declares';
    else if (--this.#left === 0) this.#state = 'size';
    return at + 1;
  }

  #lines(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(0x0a, at);
    this.#line += bytes.toString('latin1', at, end === -1 ? bytes.length : end);
    const max =
      this.#state === 'size' ? MAX_SIZE_LINE : this.#maxTrailerBytes - this.trailers.length;
    if (this.#line.length > max) {
      this.fault =
        this.#state === 'size'
          ? 'the size line of a chunk is too long'
          : 'the trailers are too large';
    } else if (end !== -1) {
      const line = this.#line;
      this.#line = '';
      if (this.#state === 'size') this.#size(line);
      else this.#trailer(line);
    }
    return end === -1 ? bytes.length : end + 1;
  }

  #size(line: string): void {
    const size = SIZE.exec(line)?.groups?.['size'];
    if (size === undefined) {
      this.fault = 'the size of a chunk is not a hexadecimal number';
      return;
    }
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailers' : 'content';
  }

  #trailer(line: string): void {
    if (line === '\r') {
      this.#state = 'done';
      return;
    }
    const whole = `${line}\n`;
    if (!ONLY_FIELDS.test(whole)) this.fault = 'a trailer is not a valid field';
    else if (FRAMING.test(whole)) this.fault = 'a trailer declares the framing of the body';
    else this.trailers += whole;
  }
}
