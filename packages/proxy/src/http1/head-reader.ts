export interface WholeHead {
  readonly head: string;
  readonly rest: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** Characters of a head that a connection may keep while it is idle. */
export const MAX_KEPT = 4096;

/**
 * Collects bytes until a head is whole. Nothing is copied if it comes in one piece, as nearly all do.
 *
 * The last head is remembered: on a connection that is kept, many are the same byte for byte (responses
 * too: a Date changes once a second), so that a parser can return what it returned before. Of 18 µs a request that saves
 * 2.5.
 */
export class HeadReader {
  readonly #maxBytes: number;
  /** Whether a message may begin with these whole lines: what can never become one is not waited for. */
  readonly #canBegin: (lines: string) => boolean;
  /** RFC 9112 §2.2: empty lines before a request are of no meaning. */
  readonly #skipsEmptyLines: boolean;
  #held: Buffer | undefined;
  /** The last head, and the same with the empty line that ends it. */
  #lastHead = '';
  #lastWhole = '';

  constructor(maxBytes: number, canBegin: (lines: string) => boolean, skipsEmptyLines: boolean) {
    this.#maxBytes = maxBytes;
    this.#canBegin = canBegin;
    this.#skipsEmptyLines = skipsEmptyLines;
  }

  /** Whether part of a head has come. */
  get hasBegun(): boolean {
    return this.#held !== undefined;
  }

  /** Bytes of the part of a head that has come. */
  get heldBytes(): number {
    return this.#held?.length ?? 0;
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
    const known = this.#lastWhole.length;
    // This head must end where the last one did: that rules out most others at no cost.
    const mayBeLast = held === undefined && all[known - 1] === 0x0a && all[known - 3] === 0x0a;
    if (mayBeLast && all.toString('latin1', 0, known) === this.#lastWhole) {
      return { head: this.#lastHead, rest: known === all.length ? NOTHING : all.subarray(known) };
    }
    // Searched as text, which the head becomes anyway: to search the buffer costs a call out of JavaScript.
    const text = all.toString('latin1', 0, this.#maxBytes + 4);
    // The end of lines may be half there already.
    const end = text.indexOf('\r\n\r\n', held === undefined ? 0 : Math.max(held.length - 3, 0));
    if (end !== -1) {
      this.#held = undefined;
      const at = end + 4;
      const isShort = text.length <= MAX_KEPT;
      // A part of a text keeps all of it in memory, so a short head before a long body is made anew.
      const own = isShort || at > MAX_KEPT ? text : all.toString('latin1', 0, at);
      const head = own.slice(0, end + 2);
      const isKept = at <= MAX_KEPT;
      this.#lastWhole = isKept ? own.slice(0, at) : '';
      this.#lastHead = isKept ? head : '';
      return { head, rest: at === all.length ? NOTHING : all.subarray(at) };
    }
    if (all.length > this.#maxBytes) return text.includes('\r\n') ? 'long' : 'long-line';
    // A copy, because the next read may overwrite the bytes.
    this.#held = all.length === 0 ? undefined : Buffer.from(all);
    const isPlausible =
      !bytes.includes(0x0a) || this.#canBegin(text.slice(0, text.lastIndexOf('\n') + 1));
    return isPlausible ? 'more' : 'garbage';
  }
}
