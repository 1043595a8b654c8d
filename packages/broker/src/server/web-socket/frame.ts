import { constants, deflateRawSync } from 'node:zlib';

/** RFC 6455 §5.2 */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** RFC 6455 §5.2: the last frame of a message. */
export const FINAL = 0x80;

/** RFC 7692 §6: the message is compressed. */
export const COMPRESSED = 0x40;

/** RFC 6455 §5.2: mark a length of 16 or 64 bits. Shorter lengths are in the byte itself. */
export const LENGTH_16 = 126;
export const LENGTH_64 = 127;

/** RFC 7692 §7.2.1: the end of a flushed block, which is not sent. */
export const FLUSH_END: Buffer = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** Compressing shorter texts saves less than a packet. */
const MIN_COMPRESSED_BYTES = 256;

/** RFC 6455 §5.5: room for the reason in a Close frame, after its code. */
const MAX_REASON_BYTES = 123;

/** Encodes a text as one WebSocket frame. */
export function encodeFrame(text: string): Buffer {
  const { frame, head } = frameOf(Buffer.byteLength(text), FINAL | OPCODE.text);
  frame.write(text, head);
  return frame;
}

/** Encodes a text as one compressed WebSocket frame, which depends on no frame before. A short text is not compressed. */
export function encodeCompressedFrame(text: string): Buffer {
  const plain = encodeFrame(text);
  if (plain.length < MIN_COMPRESSED_BYTES) return plain;
  const deflated = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH });
  const payload = deflated.subarray(0, -FLUSH_END.length);
  const { frame, head } = frameOf(payload.length, FINAL | COMPRESSED | OPCODE.text);
  payload.copy(frame, head);
  return frame.length < plain.length ? frame : plain;
}

/** Encodes the answer to a ping. */
export function encodePong(payload: Buffer): Buffer {
  const { frame, head } = frameOf(payload.length, FINAL | OPCODE.pong);
  payload.copy(frame, head);
  return frame;
}

/**
 * Encodes a Close frame.
 * @param code `undefined` for none, which answers a Close without one.
 * @param reason is shortened to the 123 bytes that the frame has room for, in whole characters.
 */
export function encodeClose(code: number | undefined, reason: string): Buffer {
  if (code === undefined) return frameOf(0, FINAL | OPCODE.close).frame;
  const room = Buffer.alloc(MAX_REASON_BYTES);
  const { written } = new TextEncoder().encodeInto(reason, room);
  const { frame, head } = frameOf(2 + written, FINAL | OPCODE.close);
  frame.writeUInt16BE(code, head);
  room.copy(frame, head + 2, 0, written);
  return frame;
}

/** A frame without its payload, which starts at `head`. Servers do not mask. */
function frameOf(length: number, firstByte: number): { frame: Buffer; head: number } {
  const head = length < LENGTH_16 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + length);
  frame[0] = firstByte;
  if (head === 2) {
    frame[1] = length;
  } else if (head === 4) {
    frame[1] = LENGTH_16;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = LENGTH_64;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  return { frame, head };
}
