import { ERROR } from '../http2/frames.ts';

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(ERROR).map(([name, code]) => [
    code,
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(),
  ]),
);

/** What an upstream has broken a stream off with (RFC 9113 §7). */
export class ResetError extends Error {
  readonly http2Code: number;

  constructor(http2Code: number) {
    super(`reset the stream with ${NAMES.get(http2Code) ?? `code ${http2Code}`}`);
    this.http2Code = http2Code;
  }
}
