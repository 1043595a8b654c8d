import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeClose, encodeFrame } from '../../../src/server/web-socket/frame.ts';
import { serverMessages } from './server-messages.ts';

it.each([0, 1, 125, 126, 127, 65_535, 65_536, 100_000])('encodes a frame of %d bytes', (length) => {
  expect(serverMessages(encodeFrame('x'.repeat(length)))).toEqual(['x'.repeat(length)]);
});

it('encodes any text', () => {
  // Node encodes an unpaired surrogate as U+FFFD.
  const text = fc.string({ unit: 'binary', maxLength: 300 });
  fc.assert(
    fc.property(text, (input) => {
      expect(serverMessages(encodeFrame(input))).toEqual([Buffer.from(input).toString()]);
    }),
  );
});

it('shortens the reason of a close to 123 bytes, in whole characters', () => {
  const frame = encodeClose(4009, 'é'.repeat(100));
  expect(frame.subarray(0, 4)).toEqual(Buffer.from([0x88, 2 + 122, 0x0f, 0xa9]));
  expect(frame.subarray(4).toString()).toBe('é'.repeat(61));
});
