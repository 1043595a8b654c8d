import { UnreadBudget } from '@rollcall/runtime';
import type { UnreadWriter } from '@rollcall/runtime';
import { WriteBatcher } from '../write-batcher.ts';
import type { Flushable } from '../write-batcher.ts';
import { encodeCompressedFrame, encodeFrame } from './frame.ts';

/**
 * What waits for the end of a turn is written at the latest when so many bytes of frames were encoded, such as the members of
 * a presence channel for each that joins. What clients do not take then counts as unread.
 */
const MAX_ENCODED_BYTES = 16 * 1024 * 1024;

/** Caches the frame of the last text, because all receivers of a broadcast are sent the same text in succession. */
class LastFrame {
  readonly #encode: (text: string) => Buffer;
  #text: string | undefined;
  #frame: Buffer = Buffer.alloc(0);

  constructor(encode: (text: string) => Buffer) {
    this.#encode = encode;
  }

  of(text: string): Buffer {
    if (text !== this.#text) {
      this.#frame = this.#encode(text);
      this.#text = text;
    }
    return this.#frame;
  }
}

/** Caches the last frames that were joined, because receivers of the same broadcasts are sent the same frames in a turn. */
class LastJoined {
  #frames: readonly Buffer[] = [];
  #bytes: Buffer = Buffer.alloc(0);

  of(frames: readonly Buffer[]): Buffer {
    const isSame =
      frames.length === this.#frames.length &&
      frames.every((frame, index) => frame === this.#frames[index]);
    if (!isSame) {
      this.#bytes = Buffer.concat(frames);
      this.#frames = frames;
    }
    return this.#bytes;
  }
}

/**
 * What the connections share to write frames. A broadcast is encoded once, and not once per receiver. Frames for one
 * connection are written together at the end of a turn of the event loop, so that 32 triggers in a turn take one system
 * call instead of 32.
 */
export class FrameOutput {
  readonly #batcher = new WriteBatcher();
  readonly #plain = new LastFrame((text) => this.#counted(encodeFrame(text)));
  readonly #compressed = new LastFrame((text) => this.#counted(encodeCompressedFrame(text)));
  readonly #joined = new LastJoined();
  readonly #budget: UnreadBudget;
  /** How much one client may leave unread. */
  readonly maxUnreadBytes: number;
  /** Since frames were last written before the end of a turn. */
  #encodedBytes = 0;

  constructor(maxUnreadBytes: number, budget: UnreadBudget = new UnreadBudget()) {
    this.maxUnreadBytes = maxUnreadBytes;
    this.#budget = budget;
  }

  /** Encodes a text, once for all receivers of a broadcast. */
  encode(text: string, isCompressed: boolean): Buffer {
    return (isCompressed ? this.#compressed : this.#plain).of(text);
  }

  /** Joins frames, once for all connections that are sent the same ones. So they also take memory once. */
  join(frames: readonly Buffer[]): Buffer {
    return this.#joined.of(frames);
  }

  countUnread(writer: UnreadWriter, bytes: number): void {
    this.#budget.count(writer, bytes);
  }

  flushLater(writer: Flushable): void {
    this.#batcher.flushLater(writer);
  }

  flush(): void {
    this.#batcher.flush();
  }

  #counted(frame: Buffer): Buffer {
    this.#encodedBytes += frame.length;
    if (this.#encodedBytes > MAX_ENCODED_BYTES) {
      this.#encodedBytes = 0;
      this.flush();
    }
    return frame;
  }
}
