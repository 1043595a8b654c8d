import { ChunkedReader } from './chunked-reader.ts';
import { CHUNKED } from './framing.ts';
import type { BodyReader } from './framing.ts';

/**
 * Returns what finds the end of a body.
 * @param length of the body, CHUNKED or UNTIL_CLOSE
 * @param maxTrailerBytes the maximum size of trailers
 */
export function bodyReader(length: number, maxTrailerBytes: number): BodyReader {
  if (length === CHUNKED) return new ChunkedReader(maxTrailerBytes);
  return new LengthReader(length < 0 ? Infinity : length);
}

class LengthReader implements BodyReader {
  #left: number;
  readonly fault: undefined;
  readonly trailers = '';

  constructor(length: number) {
    this.#left = length;
  }

  get isDone(): boolean {
    return this.#left === 0;
  }

  read(bytes: Buffer, at: number, parts: Buffer[]): number {
    const end = Math.min(bytes.length, at + this.#left);
    if (end > at) parts.push(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
    this.#left -= end - at;
    return end;
  }
}
