import type { Context } from '../context.ts';
import { ERROR, Http2Error } from '../http2/frames.ts';
import { FloodBudget } from '../http2/flood-budget.ts';

/** Control frames that a request explains, or a frame of DATA: PING and WINDOW_UPDATE go with them. */
const EXPLAINED = 8;
/** DATA of fewer bytes explains nothing: a client that opens its window by a byte at a time costs more than it takes. */
const MIN_EXPLAINING_BYTES = 512;

/** Counts what a client of HTTP/2 can do at no cost of its own. */
export class Http2Floods {
  readonly #context: Context;
  readonly #resets = new FloodBudget();
  readonly #controls = new FloodBudget();

  constructor(context: Context) {
    this.#context = context;
  }

  /** @throws Http2Error if there were too many */
  countControlFrame(): void {
    const { limits, clock } = this.#context;
    if (!this.#controls.take(limits.controlFrames, clock.now))
      throw new Http2Error(ERROR.enhanceYourCalm, 'too many control frames');
  }

  /** A stream was broken off. @throws Http2Error if there were too many */
  countReset(): void {
    const { limits, clock } = this.#context;
    if (!this.#resets.take(limits.streamResets, clock.now))
      throw new Http2Error(ERROR.enhanceYourCalm, 'too many streams were reset');
  }

  /** A request explains control frames. */
  request(): void {
    this.#controls.give(EXPLAINED);
  }

  /** So does a frame of DATA, either way. */
  data(bytes: number): void {
    if (bytes >= MIN_EXPLAINING_BYTES) this.#controls.give(EXPLAINED);
  }
}
