import { setImmediate as turn } from 'node:timers/promises';
import { constants, deflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { UnreadBudget } from '@rollcall/runtime';
import { FrameOutput } from '../../../src/server/web-socket/frame-output.ts';
import { WebSocket } from '../../../src/server/web-socket/web-socket.ts';
import { clientFrame } from './client-frame.ts';
import { FakeSocket } from './fake-socket.ts';
import { serverMessages } from './server-messages.ts';

const MAX_UNREAD = 1_000_000;

/** A WebSocket that has sent its greeting, what was written to it since, and what its listener heard. */
function open(output: FrameOutput, reads = true, mayCompress = false) {
  const heard: string[] = [];
  const socket = new FakeSocket(reads);
  const webSocket = new WebSocket({
    socket,
    output,
    mayCompress,
    listener: {
      text: (message) => void heard.push(message),
      binary: () => void heard.push('binary'),
      activity: () => void heard.push('activity'),
      cut: () => void heard.push('cut'),
      closed: () => void heard.push('closed'),
    },
  });
  webSocket.open({ response: 'HTTP/1.1 101\r\n\r\n', greeting: 'hi', first: Buffer.alloc(0) });
  webSocket.flush();
  const greeting = socket.written.splice(0);
  return { webSocket, socket, heard, greeting };
}

it('sends the response and the greeting in one write', () => {
  const { greeting } = open(new FrameOutput(MAX_UNREAD));
  expect(greeting.map(String)).toEqual(['HTTP/1.1 101\r\n\r\n\ufffd\u0002hi']);
});

it('writes the frames of a turn together, in order, for each connection', async () => {
  const output = new FrameOutput(MAX_UNREAD);
  const [one, two] = [open(output), open(output)];
  for (const text of ['a', 'b', 'c']) {
    one.webSocket.send(text);
    two.webSocket.send(`${text}${text}`);
  }
  expect(one.webSocket.unsentBytes).toBe(9);
  await turn();
  expect(one.socket.written.map(serverMessages)).toEqual([['a', 'b', 'c']]);
  expect(two.socket.written.map(serverMessages)).toEqual([['aa', 'bb', 'cc']]);
  expect(one.webSocket.unsentBytes).toBe(0);
  one.webSocket.send('d');
  await turn();
  expect(one.socket.written.slice(1).map(serverMessages)).toEqual([['d']]);
});

it('keeps the frames of a turn in memory once for all connections that are sent the same ones', async () => {
  const output = new FrameOutput(MAX_UNREAD);
  const [one, other, third] = [open(output), open(output), open(output)];
  for (const text of ['a', 'b', 'c']) {
    for (const { webSocket } of [one, other]) webSocket.send(text.repeat(9000));
  }
  third.webSocket.send('d');
  third.webSocket.send('e');
  await turn();
  expect(one.socket.written).toHaveLength(1);
  expect(other.socket.written[0]).toBe(one.socket.written[0]);
  expect(third.socket.written.map(serverMessages)).toEqual([['d', 'e']]);
});

it('different frames of a turn are bounded in memory: what clients do not take is counted before its end', () => {
  const output = new FrameOutput(MAX_UNREAD, new UnreadBudget(4_000_000));
  const unread = Array.from({ length: 40 }, () => open(output, false));
  for (const [at, { webSocket }] of unread.entries()) webSocket.send(String(at).repeat(500_000));
  expect(unread.filter(({ heard }) => heard.includes('cut')).length).toBeGreaterThan(0);
});

it.each([
  ['many short messages', '', 200, 64],
  ['messages that inflate to many bytes', 'x'.repeat(60_000), 6, 2],
])('others have their turn between %s of a client', async (_name, text, count, perTurn) => {
  const { socket, heard } = open(new FrameOutput(MAX_UNREAD), true, true);
  const payload = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
  const frames = Array.from({ length: count }, () => clientFrame(0xc1, payload));
  socket.push(Buffer.concat([...frames, clientFrame(0x81, 'last')]));
  socket.push(clientFrame(0x81, 'later'));
  let before = 0;
  while (heard.at(-1) !== 'later') {
    await turn();
    expect(heard.length - before).toBeLessThanOrEqual(perTurn);
    before = heard.length;
  }
  expect(heard).toEqual([...Array.from({ length: count }, () => text), 'last', 'later']);
  socket.destroy();
});

it('cuts off a client that pings and does not read the pongs', () => {
  const { socket, heard } = open(new FrameOutput(10_000), false);
  for (let n = 0; n < 1_000 && !socket.destroyed; n += 1) socket.say(0x89, 'x'.repeat(125));
  expect(socket.destroyed).toBe(true);
  expect(heard).toContain('cut');
});

it('sends a close after what was sent before, and nothing behind it', async () => {
  const { webSocket, socket, heard } = open(new FrameOutput(MAX_UNREAD));
  webSocket.send('before');
  webSocket.close(4000, 'why');
  webSocket.send('after');
  socket.say(0x81, 'late');
  await turn();
  const sent = Buffer.concat(socket.written).toString('latin1');
  expect(sent).toBe('\x81\x06before\x88\x05\x0f\xa0why');
  expect(socket.writableEnded).toBe(false);
  socket.say(0x88, [0x0f, 0xa0]);
  expect(socket.writableEnded).toBe(true);
  expect(heard).toEqual([]);
  socket.destroy();
});

it.each([
  ['answers the close of a client with its code', [0x0f, 0xa1], [0x88, 2, 0x0f, 0xa1]],
  ['answers a close without a code with the same', [], [0x88, 0]],
])('%s, and ends', async (_name, payload, answer) => {
  const { socket, heard } = open(new FrameOutput(MAX_UNREAD));
  socket.say(0x88, Buffer.from(payload));
  expect(socket.written.at(-1)).toEqual(Buffer.from(answer));
  expect(socket.writableEnded).toBe(true);
  socket.say(0x81, 'late');
  socket.destroy();
  await turn();
  expect(heard).toEqual(['closed']);
});

it('closes with the code of what a client did wrong, after what it said before that, and ends', async () => {
  const { webSocket, socket, heard } = open(new FrameOutput(MAX_UNREAD));
  webSocket.send('before');
  socket.emit('data', Buffer.concat([clientFrame(0x81, 'fine'), clientFrame(0x83)]));
  expect(Buffer.concat(socket.written).toString('latin1')).toContain('before\x88');
  expect(socket.closeCode).toBe(1002);
  expect(socket.writableEnded).toBe(true);
  expect(heard).toEqual(['fine']);
  socket.destroy();
});

it('a client that ends without a close is closed', async () => {
  const { socket, heard } = open(new FrameOutput(MAX_UNREAD));
  socket.push(null);
  await expect.poll(() => heard).toEqual(['closed']);
});

it('a client that ends is heard to its last message', async () => {
  const { socket, heard } = open(new FrameOutput(MAX_UNREAD));
  const messages = Array.from({ length: 200 }, (_, index) => String(index));
  socket.push(Buffer.concat(messages.map((text) => clientFrame(0x81, text))));
  socket.push(null);
  await expect.poll(() => heard.at(-1)).toBe('closed');
  expect(heard).toEqual([...messages, 'closed']);
});
