import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import {
  FLAG,
  FRAME,
  frame,
  PREFACE,
  rstStreamFrame,
  uint32,
  windowUpdateFrame,
} from '../../src/http2/frames.ts';
import { start, to, upstream } from '../harness.ts';
import { block, GET, POST, settingsPayload } from '../http2-client.ts';
import { MemorySocket } from '../hazards/memory-socket.ts';

const streamId = fc.nat({ max: 9 });
const byte = fc.integer({ min: 0, max: 255 });
const bytes = fc.array(byte, { maxLength: 40 }).map((codes) => String.fromCharCode(...codes));
const fields = fc.constantFrom(
  block(GET),
  block(POST),
  block([...POST, ['content-length', '3']]),
  block([['x', 'y']]),
);
const ends = fc.constantFrom(0, FLAG.endStream);

/** Frames that are right by themselves, in any order. */
const valid = fc.oneof(
  fc
    .tuple(streamId, fields, ends)
    .map(([id, head, flags]) => frame(FRAME.headers, flags | FLAG.endHeaders, id, head)),
  fc
    .tuple(streamId, fields, ends)
    .map(
      ([id, head, flags]) =>
        frame(FRAME.headers, flags, id, head.slice(0, 3)) +
        frame(FRAME.continuation, FLAG.endHeaders, id, head.slice(3)),
    ),
  fc.tuple(streamId, bytes, ends).map(([id, text, flags]) => frame(FRAME.data, flags, id, text)),
  streamId.map((id) => rstStreamFrame(id, 8)),
  fc.tuple(streamId, fc.nat()).map(([id, size]) => windowUpdateFrame(id, size)),
  fc
    .tuple(fc.nat({ max: 9 }), fc.nat())
    .map(([id, value]) => frame(FRAME.settings, 0, 0, settingsPayload(id, value))),
  fc.constant(frame(FRAME.ping, 0, 0, '12345678')),
  streamId.map((id) => frame(FRAME.priority, 0, id, `${uint32(0)}\0`)),
  fc.constant(frame(FRAME.goAway, 0, 0, uint32(0) + uint32(0))),
);
/** Frames of any kind and content. */
const any = fc.tuple(fc.nat({ max: 12 }), byte, streamId, bytes).map((parts) => frame(...parts));
const input = fc.array(fc.oneof({ weight: 4, arbitrary: valid }, any, bytes), { maxLength: 30 });

it('any frames in any order: the connection goes on or ends, and nothing of it stays', async () => {
  const there = await upstream((request, response) => void request.pipe(response));
  const internal = vi.fn<() => void>();
  const { proxy } = await start(to(there), { onInternalError: internal });
  await fc.assert(
    fc.asyncProperty(input, fc.nat({ max: 200 }), async (frames, cut) => {
      const all = PREFACE + frame(FRAME.settings, 0, 0, '') + frames.join('');
      const socket = new MemorySocket();
      proxy.serve(socket);
      socket.say(all.slice(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      socket.say(all.slice(cut));
      await new Promise((resolve) => setImmediate(resolve));
      expect(socket.heard.startsWith('\0\0')).toBe(true);
      socket.destroy();
    }),
    { numRuns: Number(process.env['GARBAGE_RUNS'] ?? 500) },
  );
  await vi.waitFor(() => expect(proxy.clients).toBe(0));
  await vi.waitFor(() =>
    expect([...proxy.pools()].every(([, { open, idle }]) => open === idle)).toBe(true),
  );
  expect(internal).not.toHaveBeenCalled();
}, 600_000);
