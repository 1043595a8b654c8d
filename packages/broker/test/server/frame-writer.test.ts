import { Duplex, PassThrough } from 'node:stream';
import type { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import * as ws from 'ws';
import { UnreadBudget } from '@rollcall/runtime';
import { encodeFrame, FrameWriters } from '../../src/server/frame-writer.ts';

const { WebSocket } = ws;
/** Missing in its types. */
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };

/** Returns the messages that a WebSocket reads from these bytes. */
function decode(bytes: Buffer): string[] {
  const texts: string[] = [];
  const receiver = new Receiver({ isServer: false });
  receiver.on('message', (data: Buffer) => texts.push(data.toString()));
  receiver.write(bytes);
  return texts;
}

it.each([0, 1, 125, 126, 127, 65_535, 65_536, 100_000])('encodes a frame of %d bytes', (length) => {
  expect(decode(encodeFrame('x'.repeat(length)))).toEqual(['x'.repeat(length)]);
});

it('encodes any text', () => {
  // Node encodes an unpaired surrogate as U+FFFD.
  const text = fc.string({ unit: 'binary', maxLength: 300 });
  fc.assert(
    fc.property(text, (input) => {
      expect(decode(encodeFrame(input))).toEqual([Buffer.from(input).toString()]);
    }),
  );
});

function open(outlets: FrameWriters) {
  const webSocket = { OPEN: WebSocket.OPEN, readyState: WebSocket.OPEN as number };
  const socket = new PassThrough();
  const writes: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => writes.push(bytes));
  return { outlet: outlets.open(webSocket as ws.WebSocket, socket), webSocket, writes };
}

it('writes the frames of a turn together, in order, for each connection', async () => {
  const outlets = new FrameWriters();
  const [one, two] = [open(outlets), open(outlets)];
  for (const text of ['a', 'b', 'c']) {
    one.outlet.send(text);
    two.outlet.send(`${text}${text}`);
  }
  expect(one.outlet.unsentBytes).toBe(9);
  await turn();
  expect(one.writes.map(decode)).toEqual([['a', 'b', 'c']]);
  expect(two.writes.map(decode)).toEqual([['aa', 'bb', 'cc']]);
  expect(one.outlet.unsentBytes).toBe(0);
  one.outlet.send('d');
  await turn();
  expect(one.writes.slice(1).map(decode)).toEqual([['d']]);
});

it('keeps the frames of a turn in memory once for all connections that are sent the same ones', async () => {
  const outlets = new FrameWriters();
  const [one, other, third] = [open(outlets), open(outlets), open(outlets)];
  for (const text of ['a', 'b', 'c']) {
    for (const { outlet } of [one, other]) outlet.send(text.repeat(9000));
  }
  third.outlet.send('d');
  third.outlet.send('e');
  await turn();
  expect(one.writes).toHaveLength(1);
  expect(other.writes[0]).toBe(one.writes[0]);
  expect(third.writes.map(decode)).toEqual([['d', 'e']]);
});

it('different frames of a turn are bounded in memory: what clients do not take is counted before its end', () => {
  const disconnected: number[] = [];
  const outlets = new FrameWriters(new UnreadBudget(4_000_000));
  const unread = Array.from({ length: 40 }, (_, at) => {
    const webSocket = { OPEN: WebSocket.OPEN, readyState: WebSocket.OPEN, terminate() {} };
    const socket = new Duplex({ read() {}, write() {} });
    const outlet = outlets.open(webSocket as unknown as ws.WebSocket, socket);
    outlet.onDisconnect(() => disconnected.push(at));
    return { outlet, socket };
  });
  for (const [at, { outlet }] of unread.entries()) outlet.send(String(at).repeat(500_000));
  expect(disconnected.length).toBeGreaterThan(0);
});

it('writes nothing after a close', async () => {
  const { outlet, webSocket, writes } = open(new FrameWriters());
  outlet.send('before');
  outlet.flush();
  outlet.send('after');
  webSocket.readyState = WebSocket.CLOSING;
  await turn();
  expect(writes.flatMap(decode)).toEqual(['before']);
});
