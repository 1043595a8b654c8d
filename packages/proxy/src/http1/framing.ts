import { UNKNOWN_LENGTH } from '../message.ts';

/** The length of a body that is chunked. */
export const CHUNKED: typeof UNKNOWN_LENGTH = UNKNOWN_LENGTH;
/** The length of a body that ends with the connection (RFC 9112 §6.3). */
export const UNTIL_CLOSE = -2;

/** Finds the end of a body in the bytes of a connection. */
export interface BodyReader {
  /**
   * Reads on from `at`, and adds what belongs to the content to `parts`, uncopied.
   * @returns where the body ended in these bytes; their length if it goes on
   */
  read(bytes: Buffer, at: number, parts: Buffer[]): number;
  readonly isDone: boolean;
  /** Why it cannot be read any further. */
  readonly fault: string | undefined;
  /** Lines of fields after the content; `''` for none. */
  readonly trailers: string;
}
