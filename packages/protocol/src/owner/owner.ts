import type { Announcement, AnnouncementChange } from '../wire/announcement-types.ts';
import { holdsAll, isIn } from '../wire/digest.ts';
import type { Statement } from '../wire/statement.ts';

/** What an owner says of its instance: always with its numbers. */
export type Owned = Announcement & {
  readonly id: string;
  readonly inc: number;
  readonly seq: number;
};

/** The wait for an answer to a roll call grows by this with each instance that the asker knows of. */
const ANSWER_MS_EACH = 2;
const ANSWER_MS_MOST = 10_000;

const OUTBID_MS_FIRST = 1000;
const OUTBID_MS_MOST = 60_000;

/**
 * The only one who numbers what is said of an instance: its decisions, without sockets, clock or
 * chance. See "Owners" in docs/reference/protocol.md.
 */
export class Owner {
  #announcement: Owned;
  /** What its presence channel shows of it. */
  #shown: Owned | undefined;
  /** The highest run that it has to go beyond, and did not yet. */
  #behind = 0;
  #outbidFrom = -Infinity;
  #outbidWait = OUTBID_MS_FIRST;

  constructor(announcement: Owned) {
    this.#announcement = announcement;
  }

  get announcement(): Owned {
    return this.#announcement;
  }

  /** Says something new. */
  update(change: AnnouncementChange): Owned {
    const { seq } = this.#announcement;
    this.#announcement = { ...this.#announcement, ...change, seq: seq + 1 };
    return this.#announcement;
  }

  /** What to join the presence channel with: it shows this to whoever comes, until it is joined again. */
  show(): Owned {
    this.#shown = this.#announcement;
    return this.#shown;
  }

  /**
   * How long to wait before answering a roll call; nothing if the asker knows. A digest without room for
   * all that the asker knows does not tell, but such an asker has seen presence channels: of 10,000
   * owners 8,800 said what theirs showed.
   * @param random from 0 to 1
   */
  answerAfter(
    { digest, size }: { readonly digest: string; readonly size: number },
    random: number,
  ): number | undefined {
    if (isIn(digest, { announcement: this.#announcement, left: false })) return undefined;
    if (!holdsAll(digest, size) && this.#shown === this.#announcement) return undefined;
    return Math.min(ANSWER_MS_MOST, size * ANSWER_MS_EACH) * random;
  }

  /**
   * Hears what somebody holds of this instance. If that is a run after ours, or that ours has left, we
   * have to go beyond it: returns when to, with {@link outbid}. The waits double, for it may be
   * another program with our id, which does the same.
   */
  told({ announcement, left }: Statement, now: number): number | undefined {
    const { id, inc } = this.#announcement;
    const told = announcement.inc ?? 0;
    if (announcement.id !== id || told < inc || (told === inc && !left)) return undefined;
    // There is no run after the last that can be written; no clock gets there.
    if (told >= Number.MAX_SAFE_INTEGER) return undefined;
    this.#behind = Math.max(this.#behind, told);
    return Math.max(now, this.#outbidFrom);
  }

  /** Goes on as the run after the one it was told of; nothing if it already has. */
  outbid(now: number): Owned | undefined {
    if (this.#behind < this.#announcement.inc) return undefined;
    this.#outbidFrom = now + this.#outbidWait;
    this.#outbidWait = Math.min(OUTBID_MS_MOST, this.#outbidWait * 2);
    this.#announcement = { ...this.#announcement, inc: this.#behind + 1, seq: 0 };
    return this.#announcement;
  }
}
