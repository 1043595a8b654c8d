import type { Writable } from 'node:stream';
import { constants, deflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import * as ws from 'ws';
import { clientFrame as frame } from './client-frame.ts';
import { FrameReader, MAX_MESSAGE_BYTES } from '../../../src/server/web-socket/frame-reader.ts';

/** Missing in its types. */
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };
const { PerMessageDeflate } = ws as unknown as {
  PerMessageDeflate: new (
    options: object,
    isServer: boolean,
    maxPayload: number,
  ) => { accept(offers: object[]): void };
};

/** What is read of bytes that come in these chunks. */
function read(chunks: readonly Buffer[], mayCompress = false): string[] {
  const events: string[] = [];
  const reader = new FrameReader(
    {
      text: (message) => events.push(`text ${message}`),
      binary: () => events.push('binary'),
      ping: (payload) => events.push(`ping ${payload.toString('hex')}`),
      pong: () => events.push('pong'),
      peerClosed: (code) => events.push(`close ${code ?? ''}`),
      failed: (code) => events.push(`failed ${code}`),
    },
    mayCompress,
  );
  // Each is unmasked in place.
  for (const chunk of chunks) {
    let isDone = reader.read(Buffer.from(chunk));
    while (!isDone) isDone = reader.read(Buffer.alloc(0));
  }
  return events;
}

/** The same by another implementation. */
async function reference(chunks: readonly Buffer[], mayCompress: boolean): Promise<string[]> {
  const events: string[] = [];
  const deflate = new PerMessageDeflate({ clientNoContextTakeover: true }, true, MAX_MESSAGE_BYTES);
  deflate.accept([{ client_no_context_takeover: [true] }]);
  const receiver = new Receiver({
    isServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    extensions: mayCompress ? { 'permessage-deflate': deflate } : {},
  });
  receiver.on('message', (data: Buffer, isBinary: boolean) =>
    events.push(isBinary ? 'binary' : `text ${data.toString()}`),
  );
  receiver.on('ping', (payload: Buffer) => events.push(`ping ${payload.toString('hex')}`));
  receiver.on('pong', () => events.push('pong'));
  receiver.on('conclude', (code: number) => events.push(`close ${code === 1005 ? '' : code}`));
  const failed = new Promise<void>((resolve) => {
    receiver.on('error', (error) => {
      const symbol = Object.getOwnPropertySymbols(error).find((each) =>
        String(each).includes('status'),
      );
      events.push(`failed ${symbol && (error as unknown as Record<symbol, number>)[symbol]}`);
      resolve();
    });
  });
  for (const chunk of chunks) {
    if (events.some((event) => /^(failed|close)/.test(event))) break;
    await Promise.race([
      failed,
      new Promise<void>((resolve) => void receiver.write(Buffer.from(chunk), () => resolve())),
    ]);
  }
  return events;
}

/** Cuts bytes at these offsets. */
function cut(bytes: Buffer, offsets: readonly number[]): Buffer[] {
  const at = [...new Set(offsets.map((offset) => offset % (bytes.length + 1)))].toSorted(
    (one, other) => one - other,
  );
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index]));
}

const deflated = (text: string): Buffer =>
  deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);

it('reads what a frame is made of, in chunks of any size', () => {
  const bytes = Buffer.concat([
    frame(0x01, 'a'),
    frame(0x89, 'hi'),
    frame(0x00, 'b'),
    frame(0x80, 'c'),
    frame(0x8a),
    frame(0x82, 'x'),
    frame(0x81, 'é'.repeat(200)),
    frame(0x88, [0x03, 0xe8, 0x6f]),
    frame(0x81, 'late'),
  ]);
  const all = ['ping 6869', 'text abc', 'pong', 'binary', `text ${'é'.repeat(200)}`, 'close 1000'];
  expect(read([bytes])).toEqual(all);
  expect(read([...bytes].map((byte) => Buffer.from([byte])))).toEqual(all);
});

it('inflates compressed messages, each on its own', () => {
  const compressed = deflated('long '.repeat(1_000));
  const half = compressed.length >> 1;
  const bytes = [
    frame(0xc1, compressed),
    frame(0x41, compressed.subarray(0, half)),
    frame(0x80, compressed.subarray(half)),
    frame(0x81, 'plain'),
  ];
  const text = `text ${'long '.repeat(1_000)}`;
  expect(read(bytes, true)).toEqual([text, text, 'text plain']);
});

it.each<[string, Buffer | Buffer[], string]>([
  ['a reserved bit', frame(0x91, 'x'), 'failed 1002'],
  ['compression that was not agreed on', frame(0xc1, deflated('x')), 'failed 1002'],
  ['an unknown opcode', frame(0x83), 'failed 1002'],
  ['an unknown control opcode', frame(0x8b), 'failed 1002'],
  ['a frame without a mask', Buffer.from([0x81, 0x01, 0x61]), 'failed 1002'],
  ['a continuation of nothing', frame(0x80, 'x'), 'failed 1002'],
  ['a message inside a message', [frame(0x01, 'x'), frame(0x81, 'y')], 'failed 1002'],
  ['a fragment of a ping', frame(0x09), 'failed 1002'],
  ['a ping of 126 bytes', frame(0x89, 'x'.repeat(126)), 'failed 1002'],
  ['half a close code', frame(0x88, 'x'), 'failed 1002'],
  ['a close code that is none', frame(0x88, [0x03, 0xed]), 'failed 1002'],
  ['a reason that is not UTF-8', frame(0x88, [0x03, 0xe8, 0xff]), 'failed 1007'],
  ['a text that is not UTF-8', frame(0x81, [0xc3, 0x28]), 'failed 1007'],
  ['a length of 2^63', Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]), 'failed 1009'],
  ['a length of 65,537', Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 1]), 'failed 1009'],
])('refuses %s, and reads nothing behind it', (_name, bytes, event) => {
  expect(read([bytes, frame(0x81, 'late')].flat())).toEqual([event]);
});

it.each([
  ['damaged', frame(0xc1, [0xff, 0xff, 0xff]), 'failed 1007'],
  [
    'too long when it is inflated',
    frame(0xc1, deflated('x'.repeat(MAX_MESSAGE_BYTES + 1))),
    'failed 1009',
  ],
])('refuses a compressed message that is %s', (_name, bytes, event) => {
  expect(read([bytes], true)).toEqual([event]);
});

// But compressed fragments, which the other inflates before it has all.
it('reads of any bytes what another implementation reads, in chunks of any size', async () => {
  const first = fc.constantFrom(0x00, 0x01, 0x80, 0x81, 0x81, 0x82, 0x88, 0x89, 0x8a, 0xc1, 0xa1);
  const payload = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 130 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ maxLength: 300 }).map(deflated),
    fc
      .constantFrom(1000, 1001, 1005, 1015, 2999, 4000)
      .map((code) => Buffer.from([code >> 8, code & 255])),
  );
  const whole = fc.tuple(first, payload).map(([head, body]) => frame(head, body));
  const fragment = new Set([0x41, 0x42]);
  const garbage = fc
    .uint8Array({ maxLength: 12 })
    .map((bytes) => Buffer.from(bytes.map((byte) => (fragment.has(byte) ? 0 : byte))));
  const frames = fc.array(fc.oneof({ weight: 9, arbitrary: whole }, garbage), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      frames,
      fc.array(fc.nat(2_000), { maxLength: 8 }),
      fc.boolean(),
      async (sent, offsets, mayCompress) => {
        const chunks = cut(Buffer.concat(sent), offsets);
        expect(read(chunks, mayCompress)).toEqual(await reference(chunks, mayCompress));
      },
    ),
    { numRuns: 1_000 },
  );
});
