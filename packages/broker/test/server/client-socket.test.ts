import { EventEmitter } from 'node:events';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import type { LocalApp } from '../../src/app/local-app.ts';
import { ClientSocket } from '../../src/server/client-socket.ts';
import { FrameWriters } from '../../src/server/frame-writer.ts';
import { UnreadBudget } from '@rollcall/runtime';
import { newApp } from '../app/new-app.ts';
import { loggerTo } from '../../../../test/support/log.ts';

/** The part of a WebSocket that a ClientSocket needs. The test chooses its state. */
class FakeWebSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  closed: number | undefined;

  close(code: number): void {
    this.closed = code;
    this.readyState = 2;
  }

  terminate(): void {
    this.closed = 1006;
    this.readyState = 2;
  }

  say(event: string, data: unknown): void {
    this.emit('message', Buffer.from(JSON.stringify({ event, data })), false);
  }
}

/** A socket whose other end reads nothing. */
class Unread extends Duplex {
  override _read(): void {}
  override _write(): void {}
}

const logged: string[] = [];

const settings = {
  activityTimeoutMs: 100,
  pongTimeoutMs: 30,
  maxSubscriptions: 10,
  maxPublicSubscriptions: 10,
  maxUnreadBytes: 1_000,
  logger: loggerTo(logged),
};

let app: LocalApp;
let socket: FakeWebSocket;

beforeEach(() => {
  // Not setImmediate, which writes frames and does not keep a process running.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  app = newApp();
  socket = new FakeWebSocket();
  logged.length = 0;
  open('1.1', socket, new FrameWriters());
});

function open(socketId: string, fake: FakeWebSocket, writers: FrameWriters): ClientSocket {
  const webSocket = fake as unknown as WebSocket;
  const writer = writers.open(webSocket, new Unread());
  const client = new ClientSocket(webSocket, { app, socketId, writer, settings });
  client.open();
  return client;
}

afterEach(() => {
  vi.useRealTimers();
});

it('leaves no timer and no subscription when the socket is closed', () => {
  socket.say('pusher:subscribe', { channel: 'news' });
  expect(app.size.channels).toBe(1);
  socket.emit('close');
  expect(app.size.channels).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

it('ignores frames of a client that is being closed', () => {
  vi.advanceTimersByTime(130);
  expect(socket.readyState).toBe(2);
  socket.say('pusher:subscribe', { channel: 'news' });
  expect(app.size.channels).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

it('closes one connection, and logs it, after an unexpected error', () => {
  vi.spyOn(app, 'subscribe').mockImplementation(() => {
    throw new TypeError('not thought of');
  });
  socket.say('pusher:subscribe', { channel: 'news' });
  expect(socket.closed).toBe(1011);
  expect(logged).toEqual(['connection failed socketId=1.1 err=TypeError: not thought of']);
  expect(app.size.connections).toBe(0);
});

it('closes, logs and counts the client that leaves the most unread when all leave too much together', () => {
  const writers = new FrameWriters(new UnreadBudget(1_200));
  const sockets = [new FakeWebSocket(), new FakeWebSocket()];
  const [most, other] = sockets.map((fake, index) => open(`2.${index}`, fake, writers));
  writers.flush();
  most?.send('x'.repeat(700));
  other?.send('x'.repeat(500));
  writers.flush();
  expect(sockets.map(({ closed }) => closed)).toEqual([1006, undefined]);
  expect(app.counters.slowConsumers).toBe(1);
  expect(logged).toEqual([
    expect.stringMatching(
      /^closed connection: the client does not read socketId=2\.0 unreadBytes=\d{3}$/,
    ),
  ]);
});
