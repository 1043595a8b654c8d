/** Payloads that may wait for an earlier one. More are dropped, and asked for again. */
const MAX_HELD = 10_000;

/** A gap is given up after being asked for as often, in some 10 s: the node that could fill it speaks, and does not. */
const MAX_ASKS = 20;

/** Numbers of payloads that are missing. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Payloads, numbered in a row. */
export interface Payloads {
  readonly first: number;
  readonly payloads: readonly unknown[];
  /** Said again for a node that lacks them. */
  readonly isRepeat: boolean;
}

export interface StreamHandlers {
  /** A payload, in order and once. */
  deliver(payload: unknown): void;
  /** As many payloads will never come. */
  lost(count: number): void;
}

/** What another node says to one subject, brought into order. */
export class HeardStream {
  readonly #handlers: StreamHandlers;
  /** The number that comes next. Unknown until the node was heard on this subject. */
  #next: number | undefined;
  /** Payloads beyond a gap, by number. */
  readonly #held = new Map<number, unknown>();
  /** The highest number that the node says it has used, now and at the last beat. */
  #announced = 0;
  #announcedBefore = 0;
  /** The gap that was asked for last, and how often. */
  #asked = { from: 0, count: 0 };

  constructor(handlers: StreamHandlers) {
    this.#handlers = handlers;
  }

  /** Takes payloads. Returns a gap before them that was not there yet. */
  receive({ first, payloads, isRepeat }: Payloads): Gap | undefined {
    // A repeat is of any age, so it does not show where the node is.
    if (this.#next === undefined && isRepeat) return undefined;
    this.#next ??= first;
    const hadGap = this.#held.size > 0;
    for (const [index, payload] of payloads.entries()) this.#take(first + index, payload);
    this.#deliverHeld();
    return hadGap ? undefined : this.#gap();
  }

  /** How many payloads are missing of all that the node says it has said. Some may be on their way. */
  get missing(): number {
    if (this.#next === undefined) return 0;
    const last = Math.max(this.#announced, ...this.#held.keys());
    return Math.max(0, last - this.#next + 1 - this.#held.size);
  }

  /** Whether it is known which number comes next. */
  get isLocated(): boolean {
    return this.#next !== undefined;
  }

  /** The node says the number of its last payload, in order with its payloads: those before are for others. */
  locate(last: number): void {
    this.#next ??= last + 1;
  }

  /** The node says the number of its last payload, perhaps before the payload has come. */
  announce(last: number): void {
    this.#announced = Math.max(this.#announced, last);
  }

  /** The node does not have payloads below this number any more. */
  skipTo(before: number): void {
    if (this.#next === undefined || before <= this.#next) return;
    this.#handlers.lost(before - this.#next);
    this.#next = before;
    for (const number of this.#held.keys()) if (number < before) this.#held.delete(number);
    this.#deliverHeld();
  }

  /**
   * Called at each beat that is heard. Returns the gap to ask for: what came with the last beat may still be on its way, and
   * what was announced before it is missing.
   * @param isHeard whether the node was heard since the last beat
   */
  beat(isHeard: boolean): Gap | undefined {
    const announced = this.#announcedBefore;
    this.#announcedBefore = this.#announced;
    const gap = this.#gap(announced);
    if (gap === undefined) return undefined;
    if (gap.from !== this.#asked.from) this.#asked = { from: gap.from, count: 0 };
    if (isHeard) this.#asked.count += 1;
    if (this.#asked.count <= MAX_ASKS) return gap;
    this.skipTo(gap.to + 1);
    return undefined;
  }

  #take(number: number, payload: unknown): void {
    if (this.#next === undefined || number < this.#next) return;
    if (number > this.#next) {
      if (this.#held.size < MAX_HELD) this.#held.set(number, payload);
      return;
    }
    this.#next = number + 1;
    this.#held.delete(number);
    if (payload !== null) this.#handlers.deliver(payload);
  }

  #deliverHeld(): void {
    while (this.#next !== undefined && this.#held.has(this.#next)) {
      this.#take(this.#next, this.#held.get(this.#next));
    }
  }

  /** The gap before what is held, or else what is missing up to a number. */
  #gap(last = 0): Gap | undefined {
    const from = this.#next;
    if (from === undefined) return undefined;
    const to = this.#held.size > 0 ? Math.min(...this.#held.keys()) - 1 : last;
    return to < from ? undefined : { from, to };
  }
}
