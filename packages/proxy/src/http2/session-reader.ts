import { BlockReader } from './block-reader.ts';
import type { Block } from './block-reader.ts';
import { FrameReader } from './frame-reader.ts';
import type { Frame } from './frame-reader.ts';
import { DEFAULT_MAX_FRAME_BYTES, ERROR, FLAG, FRAME, Http2Error } from './frames.ts';
import {
  checkPriority,
  checkSize,
  checkStreamId,
  contentOf,
  goAwayOf,
  incrementOf,
} from './payload.ts';
import { parseSettings } from './settings.ts';

/**
 * A block may be so many times as large as a head: it is read to its end, because the next one depends on it, and costs one
 * request. A larger one costs the connection.
 */
const MAX_HEADS_IN_BLOCK = 4;

/** DATA, as its stream gets it. */
export interface Data {
  readonly streamId: number;
  /** Valid until the next frame is read. */
  readonly content: Buffer;
  /** What it takes of the windows: with its padding. */
  readonly windowBytes: number;
  readonly endsStream: boolean;
}

/** What a session does with what it reads. Each may throw an Http2Error. */
export interface SessionHandler {
  /** HEADERS with their CONTINUATION. */
  onBlock(block: Block): void;
  /** A block has begun whose rest is still to come. */
  onBlockBegun(streamId: number): void;
  onData(data: Data): void;
  onReset(streamId: number, code: number): void;
  /** The peer's SETTINGS, to be acknowledged. */
  onSettings(settings: ReadonlyMap<number, number>): void;
  onPing(payload: string, isAck: boolean): void;
  onWindowUpdate(streamId: number, increment: number): void;
  /** The peer serves no stream above this id. */
  onGoAway(lastStreamId: number, code: number): void;
  /** A frame that carries no part of a message, before it is read. */
  onControlFrame(): void;
  /** What is wrong with one stream (RFC 9113 §5.4.2). */
  onStreamError(error: Http2Error): void;
}

/** Reads the frames of one side of a session, and checks what does not depend on the streams (RFC 9113 §6). */
export class SessionReader {
  readonly #handler: SessionHandler;
  readonly #maxHeadBytes: () => number;
  readonly #frames = new FrameReader(DEFAULT_MAX_FRAME_BYTES);
  readonly #blocks = new BlockReader();
  /** What is still to come of the preface. */
  #preface: string;
  #hasSettings = false;

  /**
   * @param preface what stands before the first frame
   * @param maxHeadBytes what a head may have
   */
  constructor(handler: SessionHandler, preface: string, maxHeadBytes: () => number) {
    this.#handler = handler;
    this.#preface = preface;
    this.#maxHeadBytes = maxHeadBytes;
  }

  /** Bytes of frames and blocks that are not whole. */
  get heldBytes(): number {
    return this.#frames.heldBytes + this.#blocks.heldBytes;
  }

  /** Whether a block has begun that is not whole. */
  get isInBlock(): boolean {
    return this.#blocks.isOpen;
  }

  /** @throws Http2Error if the connection cannot go on (RFC 9113 §5.4.1) */
  read(bytes: Buffer): void {
    const frames = this.#preface === '' ? bytes : this.#afterPreface(bytes);
    this.#frames.read(frames, (frame) => this.#handle(frame));
  }

  #afterPreface(bytes: Buffer): Buffer {
    const text = bytes.toString('latin1', 0, this.#preface.length);
    if (!this.#preface.startsWith(text)) throw new Http2Error(ERROR.protocol, 'no preface');
    this.#preface = this.#preface.slice(text.length);
    return bytes.subarray(text.length);
  }

  #handle(frame: Frame): void {
    try {
      this.#dispatch(frame);
    } catch (error) {
      if (!(error instanceof Http2Error) || error.streamId === 0) throw error;
      this.#handler.onStreamError(error);
    }
  }

  #dispatch(frame: Frame): void {
    const { type } = frame;
    if (!this.#hasSettings && type !== FRAME.settings)
      throw new Http2Error(ERROR.protocol, 'the first frame must be SETTINGS');
    if (this.#blocks.isOpen && type !== FRAME.continuation)
      throw new Http2Error(ERROR.protocol, 'a block of fields is interrupted');
    if (type <= FRAME.continuation) checkStreamId(frame);
    if (type === FRAME.headers || type === FRAME.continuation) this.#onHeaders(frame);
    else if (type === FRAME.data) this.#onData(frame);
    else if (type === FRAME.rstStream) {
      checkSize(frame, 4);
      this.#handler.onReset(frame.streamId, frame.payload.readUInt32BE(0));
    } else if (type === FRAME.pushPromise)
      throw new Http2Error(ERROR.protocol, 'a push was not asked for');
    else this.#onControlFrame(frame);
  }

  #onHeaders(frame: Frame): void {
    if (frame.type === FRAME.continuation) this.#handler.onControlFrame();
    const block = this.#blocks.read(frame, MAX_HEADS_IN_BLOCK * this.#maxHeadBytes());
    if (block !== undefined) this.#handler.onBlock(block);
    else if (frame.type === FRAME.headers) this.#handler.onBlockBegun(frame.streamId);
  }

  #onData(frame: Frame): void {
    const content = contentOf(frame);
    const endsStream = (frame.flags & FLAG.endStream) !== 0;
    if (content.length === 0 && !endsStream) this.#handler.onControlFrame();
    const windowBytes = frame.payload.length;
    this.#handler.onData({ streamId: frame.streamId, content, windowBytes, endsStream });
  }

  #onControlFrame(frame: Frame): void {
    const { type, flags, streamId, payload } = frame;
    const isAck = (flags & FLAG.ack) !== 0;
    this.#handler.onControlFrame();
    if (type === FRAME.settings) {
      this.#hasSettings = true;
      if (isAck) checkSize(frame, 0);
      else this.#handler.onSettings(parseSettings(payload));
    } else if (type === FRAME.ping) {
      checkSize(frame, 8);
      this.#handler.onPing(payload.toString('latin1'), isAck);
    } else if (type === FRAME.windowUpdate)
      this.#handler.onWindowUpdate(streamId, incrementOf(frame));
    else if (type === FRAME.goAway) {
      const { lastStreamId, code } = goAwayOf(frame);
      this.#handler.onGoAway(lastStreamId, code);
    } else if (type === FRAME.priority) checkPriority(frame);
  }
}
