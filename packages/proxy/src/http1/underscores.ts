/**
 * What becomes of fields of requests whose name has a `_`. Programs made for CGI see `_` and `-` as one, so that such a
 * name is an alias of another.
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
