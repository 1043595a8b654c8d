import type { Announcement, AnnouncementChange } from '../wire/announcement-types.ts';
import { holdsAll, isIn } from '../wire/digest.ts';
import type { Statement } from '../wire/statement.ts';

/** An announcement with its id and version numbers, as an owner publishes it. */
export type Owned = Announcement & {
  readonly id: string;
  readonly inc: number;
  readonly seq: number;
};

/** The wait before an answer to a roll call grows by this with each instance that the asker knows. */
const ANSWER_MS_PER_INSTANCE = 2;
const MAX_ANSWER_MS = 10_000;

const MIN_OUTBID_MS = 1000;
const MAX_OUTBID_MS = 60_000;

/**
 * Owns the version numbers (inc, seq) of an instance, and decides what to publish and when. It has no
 * sockets, no clock and no randomness. See "Owners" in docs/reference/protocol.md.
 */
export class Owner {
  #announcement: Owned;
  /** The highest incarnation that other programs hold, if it is not below this one. */
  #held = 0;
  #outbidFrom = -Infinity;
  #outbidWait = MIN_OUTBID_MS;

  constructor(announcement: Owned) {
    this.#announcement = announcement;
  }

  get announcement(): Owned {
    return this.#announcement;
  }

  /** Changes the announcement, under the next sequence number. */
  update(change: AnnouncementChange): Owned {
    const { seq } = this.#announcement;
    this.#announcement = { ...this.#announcement, ...change, seq: seq + 1 };
    return this.#announcement;
  }

  /**
   * How many milliseconds to wait before answering a roll call, or undefined if no answer is needed. The
   * digest of a large table has no room for all entries. Such an asker has read the presence channels, so
   * no answer is needed if this one shows the current announcement; without this rule 8,800 of 10,000
   * owners would answer.
   * @param random a number from 0 to 1
   * @param shown the announcement that its presence channel shows, at the broker by which the roll call came
   */
  answerAfter(
    { digest, size }: { readonly digest: string; readonly size: number },
    random: number,
    shown?: Owned,
  ): number | undefined {
    if (isIn(digest, { announcement: this.#announcement, left: false })) return undefined;
    if (!holdsAll(digest, size) && shown === this.#announcement) return undefined;
    return Math.min(MAX_ANSWER_MS, size * ANSWER_MS_PER_INSTANCE) * random;
  }

  /**
   * Takes in what another program holds of this instance. If that is a later run, or that this run has left,
   * the owner has to continue as a run after that: returns when to call {@link outbid}. The waits double,
   * because the other may be a program with the same id that does likewise.
   */
  received({ announcement, left }: Statement, now: number): number | undefined {
    const { id, inc } = this.#announcement;
    const held = announcement.inc ?? 0;
    if (announcement.id !== id || held < inc || (held === inc && !left)) return undefined;
    // No run can come after the highest number; no clock gets there.
    if (held >= Number.MAX_SAFE_INTEGER) return undefined;
    this.#held = Math.max(this.#held, held);
    return Math.max(now, this.#outbidFrom);
  }

  /** Continues as the run after the highest one received. Returns undefined if it already has. */
  outbid(now: number): Owned | undefined {
    if (this.#held < this.#announcement.inc) return undefined;
    this.#outbidFrom = now + this.#outbidWait;
    this.#outbidWait = Math.min(MAX_OUTBID_MS, this.#outbidWait * 2);
    this.#announcement = { ...this.#announcement, inc: this.#held + 1, seq: 0 };
    return this.#announcement;
  }
}
