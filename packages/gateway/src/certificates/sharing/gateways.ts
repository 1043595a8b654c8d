import type { Letter } from './messages.ts';

interface Gateway {
  readonly seenAt: number;
  /** The number of its latest letter. */
  readonly number: number;
}

/** A gateway that has missed two greetings is gone. */
const GONE_AFTER_MS = 180_000;
/** How far clocks may differ. A letter that was captured cannot be sent again after that. */
const MAX_AGE_MS = 300_000;
const FORGET_AFTER_MS = 2 * MAX_AGE_MS;

/** The other gateways, as far as their letters show them. */
export class Gateways {
  readonly #self: string;
  readonly #gateways = new Map<string, Gateway>();

  constructor(self: string) {
    this.#self = self;
  }

  /** Whether a letter is of another gateway, recent, and no repetition. Notes it, if it is. */
  isNew({ from, number, at }: Omit<Letter, 'message'>, now: number): boolean {
    if (from === this.#self || Math.abs(now - at) > MAX_AGE_MS) return false;
    const known = this.#gateways.get(from);
    if (known !== undefined && number <= known.number) return false;
    this.#gateways.set(from, { seenAt: now, number });
    return true;
  }

  /** The gateways that are there. */
  present(now: number): string[] {
    for (const [from, { seenAt }] of this.#gateways)
      if (now - seenAt > FORGET_AFTER_MS) this.#gateways.delete(from);
    return [...this.#gateways]
      .filter(([, { seenAt }]) => now - seenAt <= GONE_AFTER_MS)
      .map(([from]) => from);
  }
}
