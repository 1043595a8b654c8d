/** Returns the name in lower case, with `-` for each character that programs made for CGI, or PHP, read as one. */
export function unaliased(name: string): string {
  return name.toLowerCase().replaceAll(/[._]/g, '-');
}

/**
 * What becomes of fields of requests whose name has a `_`. Programs made for CGI see `_` and `-` as one, so that such a
 * name is an alias of another. PHP reads a `.` as a `_`, too. Because ordinary names may have one, a `.` is an alias only in
 * the name of a field that the proxy treats in a way of its own.
 */
export class Underscores {
  /** Whether they are passed on. */
  isAllowed: boolean;
  /** How many were dropped. */
  dropped = 0;
  readonly #onDropped: (() => void) | undefined;

  constructor(isAllowed: boolean, onDropped?: () => void) {
    this.isAllowed = isAllowed;
    this.#onDropped = onDropped;
  }

  /** Counts a field that is dropped. */
  drop(): void {
    this.dropped++;
    this.#onDropped?.();
  }
}
