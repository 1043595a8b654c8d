export interface WholeHead {
  readonly head: string;
  readonly rest: Buffer;
}

const NOTHING = Buffer.alloc(0);

/**
 * Collects bytes until a head is whole. Nothing is copied if it comes in one piece, as nearly all do.
 */
export class HeadReader {
  readonly #maxBytes: number;
  /** Whether a message may begin with these whole lines: what can never become one is not waited for. */
  readonly #canBegin: (lines: string) => boolean;
  /** RFC 9112 §2.2: empty lines before a request are of no meaning. */
  readonly #skipsEmptyLines: boolean;
  #held: Buffer | undefined;

  constructor(maxBytes: number, canBegin: (lines: string) => boolean, skipsEmptyLines: boolean) {
    this.#maxBytes = maxBytes;
    this.#canBegin = canBegin;
    this.#skipsEmptyLines = skipsEmptyLines;
  }

  /** Whether part of a head has come. */
  get hasBegun(): boolean {
    return this.#held !== undefined;
  }

  /**
   * Takes bytes in. The head comes out without the empty line that ends it, as Latin-1, with what follows it.
   *
   * @returns `more` if it is not whole, `garbage` if it never will be; `long`, or `long-line` if that is
   *   the fault of its first line, if it is longer than it may be
   */
  read(bytes: Buffer): WholeHead | 'more' | 'long' | 'long-line' | 'garbage' {
    const held = this.#held;
    let all = held === undefined ? bytes : Buffer.concat([held, bytes]);
    if (this.#skipsEmptyLines) while (all[0] === 0x0d && all[1] === 0x0a) all = all.subarray(2);
    // Searched as text, which the head becomes anyway: to search the buffer costs a call out of JavaScript.
    const text = all.toString('latin1', 0, this.#maxBytes + 4);
    // The end of lines may be half there already.
    const end = text.indexOf('\r\n\r\n', held === undefined ? 0 : Math.max(held.length - 3, 0));
    if (end !== -1) {
      this.#held = undefined;
      const at = end + 4;
      return { head: text.slice(0, end + 2), rest: at === all.length ? NOTHING : all.subarray(at) };
    }
    if (all.length > this.#maxBytes) return text.includes('\r\n') ? 'long' : 'long-line';
    // A copy: whoever read the bytes may read the next into the same place.
    this.#held = all.length === 0 ? undefined : Buffer.from(all);
    const isPlausible =
      !bytes.includes(0x0a) || this.#canBegin(text.slice(0, text.lastIndexOf('\n') + 1));
    return isPlausible ? 'more' : 'garbage';
  }
}
