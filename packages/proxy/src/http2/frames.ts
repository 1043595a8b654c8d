/** The types of frames (RFC 9113 §6). */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = {
  endStream: 0x1,
  ack: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const;

/** RFC 9113 §7. */
export const ERROR = {
  none: 0x0,
  protocol: 0x1,
  internal: 0x2,
  flowControl: 0x3,
  streamClosed: 0x5,
  frameSize: 0x6,
  refusedStream: 0x7,
  cancel: 0x8,
  compression: 0x9,
  enhanceYourCalm: 0xb,
} as const;

/** RFC 9113 §3.4: what a client sends first. */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** RFC 9113 §4.1. */
export const FRAME_HEADER_BYTES = 9;
/** What a peer takes unless its SETTINGS say more (RFC 9113 §6.5.2). */
export const DEFAULT_MAX_FRAME_BYTES = 16_384;
export const DEFAULT_WINDOW = 65_535;
export const MAX_WINDOW: number = 2 ** 31 - 1;

/** Frames are written as Latin-1 text: to join text, and to write it, costs less than with buffers. */
export function frame(type: number, flags: number, streamId: number, payload: string): string {
  return frameHeader(type, flags, streamId, payload.length) + payload;
}

/** Returns what stands before a payload of so many bytes. */
export function frameHeader(type: number, flags: number, streamId: number, length: number): string {
  return String.fromCharCode(
    length >>> 16,
    (length >>> 8) & 0xff,
    length & 0xff,
    type,
    flags,
    streamId >>> 24,
    (streamId >>> 16) & 0xff,
    (streamId >>> 8) & 0xff,
    streamId & 0xff,
  );
}

export function rstStreamFrame(streamId: number, code: number): string {
  return frame(FRAME.rstStream, 0, streamId, uint32(code));
}

export function goAwayFrame(lastStreamId: number, code: number): string {
  return frame(FRAME.goAway, 0, 0, uint32(lastStreamId) + uint32(code));
}

export function windowUpdateFrame(streamId: number, increment: number): string {
  return frame(FRAME.windowUpdate, 0, streamId, uint32(increment));
}

/** @param isAck whether it answers a PING */
export function pingFrame(payload: string, isAck: boolean): string {
  return frame(FRAME.ping, isAck ? FLAG.ack : 0, 0, payload);
}

/**
 * Returns a block of fields as HEADERS, and CONTINUATION for what is beyond the maximum size of a frame.
 * @param block what {@link encodeFields} and its like have returned
 */
export function headersFrames(
  streamId: number,
  block: string,
  endsStream: boolean,
  maxFrameBytes: number,
): string {
  const flags = endsStream ? FLAG.endStream : 0;
  if (block.length <= maxFrameBytes)
    return frame(FRAME.headers, flags | FLAG.endHeaders, streamId, block);
  let frames = frame(FRAME.headers, flags, streamId, block.slice(0, maxFrameBytes));
  for (let at = maxFrameBytes; at < block.length; at += maxFrameBytes) {
    const isLast = at + maxFrameBytes >= block.length;
    const part = block.slice(at, at + maxFrameBytes);
    frames += frame(FRAME.continuation, isLast ? FLAG.endHeaders : 0, streamId, part);
  }
  return frames;
}

export function uint32(value: number): string {
  return String.fromCharCode(
    value >>> 24,
    (value >>> 16) & 0xff,
    (value >>> 8) & 0xff,
    value & 0xff,
  );
}

/** What ends a connection (RFC 9113 §5.4.1), or one stream (§5.4.2). */
export class Http2Error extends Error {
  readonly code: number;
  /** 0 for the whole connection. */
  readonly streamId: number;

  constructor(code: number, message: string, streamId: number = 0) {
    super(message);
    this.code = code;
    this.streamId = streamId;
  }
}
