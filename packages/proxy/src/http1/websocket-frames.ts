/** Of a frame without extended length and mask. */
const SHORT_HEAD = 2;
/** Bytes of the length, where the short one says that it stands behind. */
const EXTENDED: Readonly<Record<number, number>> = { 126: 2, 127: 8 };
const CLOSE = 0x8;

/**
 * Follows the frames of one direction of a WebSocket (RFC 6455 §5.2) without looking at what they carry, so that
 * it is known where a frame of our own may stand.
 */
export class FrameTracker {
  /** Bytes of the frame that are still to come, its head not counted. */
  #left = 0;
  /** What has come of a head that is not whole. */
  #head: number[] = [];
  /** Whether a Close has passed: nothing may follow it. */
  hasClosed = false;

  /** Whether the last frame is whole and the next has not begun. Control frames may stand between fragments. */
  get isBetween(): boolean {
    return this.#left === 0 && this.#head.length === 0;
  }

  advance(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        at += taken;
      } else {
        this.#head.push(bytes[at] ?? 0);
        at++;
        this.#readHead();
      }
    }
  }

  #readHead(): void {
    const [first = 0, second = 0] = this.#head;
    if (this.#head.length < SHORT_HEAD) return;
    const short = second & 0x7f;
    const extended = EXTENDED[short] ?? 0;
    const mask = second & 0x80 ? 4 : 0;
    if (this.#head.length < SHORT_HEAD + extended + mask) return;
    this.#left =
      extended === 0 ? short : numberOf(this.#head.slice(SHORT_HEAD, SHORT_HEAD + extended));
    this.#head = [];
    if ((first & 0x0f) === CLOSE) this.hasClosed = true;
  }
}

/** Beyond 2^53 it is not exact: no such frame ever ends. */
function numberOf(bytes: readonly number[]): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

/** RFC 6455 §7.4.1: the endpoint goes away. */
const GOING_AWAY = 1001;

/**
 * Returns a close frame: this endpoint goes away.
 * @param mask four unpredictable bytes, for a peer that is a server (§5.3); none for a client
 */
export function closeFrame(mask?: Uint8Array): Buffer {
  const payload = [GOING_AWAY >> 8, GOING_AWAY & 0xff];
  if (mask === undefined) return Buffer.from([0x80 | CLOSE, payload.length, ...payload]);
  const masked = payload.map((byte, index) => byte ^ (mask[index] ?? 0));
  return Buffer.from([0x80 | CLOSE, 0x80 | payload.length, ...mask, ...masked]);
}
