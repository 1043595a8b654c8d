import { describe, expect, it } from 'vitest';
import { closeFrame, FrameTracker } from '../../src/http1/websocket-frames.ts';

const MASK = [1, 2, 3, 4];

/** A frame whose payload looks like the beginning of others. */
function frame(opcode: number, length: number, isMasked: boolean): Buffer {
  const flag = isMasked ? 0x80 : 0;
  const extended = Buffer.alloc(length < 126 ? 0 : length < 65_536 ? 2 : 8);
  if (extended.length > 0)
    extended.writeUIntBE(length, Math.max(0, extended.length - 6), Math.min(6, extended.length));
  const short = length < 126 ? length : length < 65_536 ? 126 : 127;
  const head = [0x80 | opcode, flag | short];
  return Buffer.concat([
    Buffer.from(head),
    extended,
    Buffer.from(isMasked ? MASK : []),
    Buffer.alloc(length, 0x88),
  ]);
}

describe('frames', () => {
  it.each([
    [0, false],
    [0, true],
    [125, true],
    [126, false],
    [65_535, true],
    [65_536, false],
    [70_000, true],
  ])('of %d bytes, masked %s, end where they end, wherever they are cut', (length, isMasked) => {
    const bytes = Buffer.concat([frame(2, length, isMasked), frame(1, 3, isMasked)]);
    const boundary = bytes.length - frame(1, 3, isMasked).length;
    const cuts = [
      ...Array.from({ length: 20 }, (_, index) => index),
      boundary - 1,
      boundary,
      boundary + 1,
    ];
    for (const cut of cuts.filter((each) => each > 0 && each < bytes.length)) {
      const frames = new FrameTracker();
      frames.advance(bytes.subarray(0, cut));
      expect(frames.isBetween, `cut at ${cut}`).toBe(cut === boundary);
      frames.advance(bytes.subarray(cut));
      expect(frames.isBetween).toBe(true);
      expect(frames.hasClosed).toBe(false);
    }
  });

  it('count as closed after a close frame, and not after bytes that look like one within another', () => {
    const frames = new FrameTracker();
    frames.advance(frame(2, 300, true));
    expect(frames.hasClosed).toBe(false);
    frames.advance(frame(8, 2, true));
    expect(frames.hasClosed).toBe(true);
  });

  it('of more bytes than can be counted never end', () => {
    const frames = new FrameTracker();
    frames.advance(Buffer.from([0x82, 127, ...Array<number>(8).fill(0xff)]));
    frames.advance(Buffer.alloc(1000));
    expect(frames.isBetween).toBe(false);
  });
});

describe('a Close of our own', () => {
  it('says 1001, masked or not', () => {
    expect([...closeFrame()]).toEqual([0x88, 2, 0x03, 0xe9]);
    const masked = closeFrame(Uint8Array.from(MASK));
    expect([...masked.subarray(0, 6)]).toEqual([0x88, 0x82, ...MASK]);
    expect([(masked[6] ?? 0) ^ 1, (masked[7] ?? 0) ^ 2]).toEqual([0x03, 0xe9]);
  });
});
