import { encodeData } from './messages.ts';
import { SentStream } from './sent-stream.ts';
import type { Batch } from './sent-stream.ts';

/** How long payloads are kept for nodes that miss them. A node that was cut off for longer has lost them. */
const KEPT_MS = 60_000;

/** For how many beats after a payload the number of the last one is said: about as long as payloads are kept. */
const MAX_BEATS_SAID = 120;

/** Approximate memory of a batch besides its message. */
const OVERHEAD = 300;

/** What a node has said to all subjects. What it keeps is bounded by age and size. */
export class SentStreams {
  readonly #node: string;
  readonly #clock: () => number;
  /** In bytes. */
  readonly #maxSize: number;
  readonly #streams = new Map<string, SentStream>();
  /** Of all subjects, oldest first. */
  readonly #kept = new Set<Batch>();
  #size = 0;

  constructor(node: string, clock: () => number, maxSize: number) {
    this.#node = node;
    this.#clock = clock;
    this.#maxSize = maxSize;
  }

  /** Gives payloads their numbers, and keeps them. */
  add(subject: string, payloads: readonly string[]): Batch {
    const stream = this.#stream(subject);
    const first = stream.last + 1;
    const message = this.#encode(first, payloads);
    const batch = { subject, first, count: payloads.length, message, sentAt: this.#clock() };
    stream.add(batch);
    this.#kept.add(batch);
    this.#size += sizeOf(batch);
    this.forgetOld();
    return batch;
  }

  /** Empties a batch. Its numbers stay used. */
  withdraw(batch: Batch): void {
    if (!this.#kept.has(batch)) return;
    this.#size -= sizeOf(batch);
    batch.message = this.#encode(
      batch.first,
      Array.from({ length: batch.count }, () => 'null'),
    );
    this.#size += sizeOf(batch);
  }

  forgetOld(): void {
    const oldest = this.#clock() - KEPT_MS;
    for (const batch of this.#kept) {
      if (batch.sentAt > oldest && this.#size <= this.#maxSize) return;
      this.#kept.delete(batch);
      this.#size -= sizeOf(batch);
      this.#streams.get(batch.subject)?.forget();
    }
  }

  /**
   * The numbers of the last payloads to subjects that were used lately, for a beat. Counted in beats, because there are none
   * while the link is down: what was said meanwhile is missed by others, also if it is not kept any more.
   */
  lastNumbers(): Record<string, number> {
    const numbers: Record<string, number> = {};
    for (const [subject, stream] of this.#streams) {
      stream.beatsSinceLast += 1;
      if (stream.beatsSinceLast <= MAX_BEATS_SAID) numbers[subject] = stream.last;
    }
    return numbers;
  }

  /** What is kept of a subject, for a node that misses some of it. */
  kept(subject: string): SentStream | undefined {
    return this.#streams.get(subject);
  }

  #encode(first: number, payloads: readonly string[]): string {
    return encodeData(this.#node, first, payloads);
  }

  #stream(subject: string): SentStream {
    let stream = this.#streams.get(subject);
    if (stream === undefined) this.#streams.set(subject, (stream = new SentStream()));
    return stream;
  }
}

function sizeOf({ message }: Batch): number {
  return Buffer.byteLength(message) + OVERHEAD;
}
