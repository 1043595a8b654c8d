import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import type { LocalApp } from '../../src/app/local-app.ts';
import { ClientSocket } from '../../src/server/client-socket.ts';
import { FrameWriters } from '../../src/server/frame-writer.ts';
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

  say(event: string, data: unknown): void {
    this.emit('message', Buffer.from(JSON.stringify({ event, data })), false);
  }
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
  const webSocket = socket as unknown as WebSocket;
  const writer = new FrameWriters().open(webSocket, new PassThrough());
  new ClientSocket(webSocket, { app, socketId: '1.1', writer, settings }).open();
});

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
