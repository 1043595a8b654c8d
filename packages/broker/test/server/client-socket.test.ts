import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LocalApp } from '../../src/app/local-app.ts';
import { ClientSocket } from '../../src/server/client-socket.ts';
import { FrameOutput } from '../../src/server/web-socket/frame-output.ts';
import { UnreadBudget } from '@rollcall/runtime';
import { newApp } from '../app/new-app.ts';
import { loggerTo } from '../../../../test/support/log.ts';
import { FakeSocket } from './web-socket/fake-socket.ts';

const logged: string[] = [];

const settings = {
  activityTimeoutMs: 100,
  maxSubscriptions: 10,
  maxPublicSubscriptions: 10,
  logger: loggerTo(logged),
};

let app: LocalApp;
let socket: FakeSocket;
let client: ClientSocket;

beforeEach(() => {
  // Not setImmediate, which writes frames and does not keep a process running.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  app = newApp();
  socket = new FakeSocket();
  logged.length = 0;
  client = open('1.1', socket, new FrameOutput(1_000));
});

function open(socketId: string, fake: Duplex, output: FrameOutput): ClientSocket {
  const context = { output, settings, onClosed: () => {} };
  const opened = new ClientSocket({ app, socketId, socket: fake, mayCompress: false }, context);
  opened.open('', Buffer.alloc(0));
  return opened;
}

function subscribe(): void {
  socket.say(0x81, JSON.stringify({ event: 'pusher:subscribe', data: { channel: 'news' } }));
}

afterEach(() => {
  vi.useRealTimers();
});

it('leaves no timer and no subscription when the socket is closed', () => {
  subscribe();
  expect(app.size.channels).toBe(1);
  socket.emit('close');
  expect(app.size.channels).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

it('ignores frames of a client that is being closed', () => {
  client.expire();
  expect(socket.closeCode).toBe(4201);
  subscribe();
  expect(app.size.channels).toBe(0);
  socket.emit('close');
  expect(vi.getTimerCount()).toBe(0);
});

it('closes one connection, and logs it, after an unexpected error', () => {
  vi.spyOn(app, 'subscribe').mockImplementation(() => {
    throw new TypeError('not thought of');
  });
  subscribe();
  expect(socket.closeCode).toBe(1011);
  expect(logged).toEqual(['connection failed socketId=1.1 err=TypeError: not thought of']);
  expect(app.size.connections).toBe(0);
});

it('closes, logs and counts the client that leaves the most unread when all leave too much together', () => {
  const output = new FrameOutput(1_000, new UnreadBudget(1_200));
  const sockets = [new FakeSocket(false), new FakeSocket(false)];
  const [most, other] = sockets.map((fake, index) => open(`2.${index}`, fake, output));
  output.flush();
  most?.send('x'.repeat(700));
  other?.send('x'.repeat(500));
  output.flush();
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, false]);
  expect(app.counters.slowConsumers).toBe(1);
  expect(logged).toEqual([
    expect.stringMatching(
      /^closed connection: the client does not read socketId=2\.0 unreadBytes=\d{3}$/,
    ),
  ]);
});
