import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { UnreadBudget } from '@rollcall/runtime';
import { WriteBatcher } from '../../src/server/write-batcher.ts';
import { PlainConnection } from '../../src/server/plain-connection.ts';
import type { Upgrade } from '../../src/server/plain-connection.ts';
import { APP } from '../sdk.ts';

const UP = 'GET /up HTTP/1.1\r\nHost: h\r\n\r\n';
const UPGRADE = UP.replace('Host', 'Connection: Upgrade\r\nUpgrade: websocket\r\nHost');
const CHUNKED = 'POST /nowhere HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';

/** Takes a connection over, as node:http does: a reset of the client is no error of the test. */
const handOver = (socket: Socket) => void socket.on('error', () => {});

/** A promise, and the function that resolves it. */
function deferred() {
  const made: { resolve?: () => void } = {};
  const promise = new Promise<void>((resolve) => (made.resolve = resolve));
  return { promise, resolve: () => made.resolve?.() };
}

/** A connection, and the text that it has received. */
class Received {
  readonly socket: Socket;
  text = '';

  constructor({ host, port }: { host: string; port: number }) {
    this.socket = connect({ host, port, noDelay: true });
    this.socket.on('data', (chunk) => (this.text += chunk.toString()));
  }

  statuses(): string[] {
    return this.text.match(/(?<=HTTP\/1\.1 )\d+/g) ?? [];
  }
}

describe('a connection to the HTTP API', () => {
  let broker: Broker;
  beforeEach(async () => {
    broker = await createBroker({ apps: [APP] });
  });
  afterEach(() => broker.close());

  it('serves pipelined requests in order, and stays open', async () => {
    const client = new Received(broker);
    client.socket.write(UP + UP.replace('/up', '/nowhere') + UP);
    await expect.poll(() => client.statuses()).toEqual(['200', '404', '200']);
    client.socket.write(UP);
    await expect.poll(() => client.statuses()).toHaveLength(4);
    expect(client.text).toMatch(/\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
    client.socket.destroy();
  });

  it('serves any request after a plain one, and plain ones after that', async () => {
    const client = new Received(broker);
    client.socket.write(UP + CHUNKED + UP);
    await expect.poll(() => client.statuses()).toEqual(['200', '404', '200']);
    client.socket.write(UP + CHUNKED);
    await expect.poll(() => client.statuses()).toEqual(['200', '404', '200', '200', '404']);
    client.socket.destroy();
  });

  it('serves a request that arrives in pieces', async () => {
    const client = new Received(broker);
    client.socket.write(UP);
    await expect.poll(() => client.statuses()).toEqual(['200']);
    for (const part of [UP.slice(0, 9), UP.slice(9)]) client.socket.write(part);
    await expect.poll(() => client.statuses()).toEqual(['200', '200']);
    client.socket.destroy();
  });

  it('responds to a client that ends with its request', async () => {
    const client = new Received(broker);
    client.socket.end(UP);
    await once(client.socket, 'close');
    expect(client.statuses()).toEqual(['200']);
  });

  it('is refused as a WebSocket while the broker closes', async () => {
    const client = new Received(broker);
    client.socket.write(UPGRADE.slice(0, 20));
    const api = new Received(broker);
    api.socket.write(UP);
    await expect.poll(() => api.statuses()).toEqual(['200']);
    const closed = broker.close();
    client.socket.write(UPGRADE.slice(20));
    await expect.poll(() => client.statuses()).toEqual(['503']);
    await closed;
  });

  it('is a WebSocket by a request in pieces that lists several protocols', async () => {
    const client = new Received(broker);
    const fields =
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nHost';
    const request = UPGRADE.replace('websocket', 'h2c, websocket').replace('Host', fields);
    client.socket.write(UP);
    await expect.poll(() => client.statuses()).toEqual(['200']);
    for (const part of [request.slice(0, 9), request.slice(9)]) client.socket.write(part);
    await expect.poll(() => client.statuses()).toEqual(['200', '101']);
    client.socket.destroy();
  });

  it('is ended when the broker closes', async () => {
    const client = new Received(broker);
    client.socket.write(UP);
    await expect.poll(() => client.statuses()).toEqual(['200']);
    // Without the timer that destroys the remaining sockets.
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const ended = once(client.socket, 'end');
    await broker.close();
    await ended;
    vi.useRealTimers();
  });
});

describe('a plain connection', () => {
  let server: Server;
  let served: Socket | undefined;
  let connection: PlainConnection | undefined;
  let answered: number;
  let onAnswer: () => void;
  let onUpgrade: Upgrade;
  let unread: UnreadBudget;
  /** Of each response. */
  let size: number;
  /** If set, responses wait for it. */
  let wait: Promise<void> | undefined;
  const serve = async (options: { firstTimeoutMs: number; idleTimeoutMs: number }) => {
    answered = 0;
    onAnswer = () => {};
    onUpgrade = () => {};
    wait = undefined;
    unread = new UnreadBudget(3_000_000);
    size = 1_000_000;
    const context = {
      handOver,
      upgrade: (...upgrade: Parameters<Upgrade>) => onUpgrade(...upgrade),
      batcher: new WriteBatcher(),
      unread,
      connections: new Set<PlainConnection>(),
      ...options,
    };
    const respond = () => {
      answered += 1;
      onAnswer();
      const response = { status: 200, text: 'x'.repeat(size) };
      return wait === undefined ? response : wait.then(() => response);
    };
    server = createServer({ allowHalfOpen: true }, (socket) => {
      served = socket;
      connection = new PlainConnection(socket, { respond, ...context });
      connection.open();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Received({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  };
  afterEach(() => {
    server.close();
  });

  it('is closed if no request comes in time', async () => {
    const client = await serve({ firstTimeoutMs: 20, idleTimeoutMs: 60_000 });
    await once(client.socket, 'close');
  });

  it('is closed if no further request comes in time', async () => {
    const client = await serve({ firstTimeoutMs: 60_000, idleTimeoutMs: 20 });
    client.socket.write(UP);
    await once(client.socket, 'close');
    expect(client.statuses()).toEqual(['200']);
  });

  it('sends the response if it is closed right after the request', async () => {
    const client = await serve({ firstTimeoutMs: 60_000, idleTimeoutMs: 60_000 });
    onAnswer = () => queueMicrotask(() => connection?.close());
    client.socket.write(UP);
    await once(client.socket, 'close');
    expect(client.statuses()).toEqual(['200']);
  });

  it('reads no more from a client that does not read its responses', async () => {
    const client = await serve({ firstTimeoutMs: 60_000, idleTimeoutMs: 60_000 });
    client.socket.pause();
    let sent = 0;
    do {
      client.socket.write(UP);
      sent += 1;
      await expect.poll(() => answered, { interval: 1 }).toBe(sent);
    } while (served?.isPaused() !== true);
    client.socket.write(UP);
    client.socket.resume();
    await expect.poll(() => answered).toBe(sent + 1);
    await expect.poll(() => client.statuses()).toHaveLength(sent + 1);
    client.socket.destroy();
  });

  it('serves no request that was sent ahead while its client does not read', async () => {
    const client = await serve({ firstTimeoutMs: 60_000, idleTimeoutMs: 60_000 });
    client.socket.pause();
    client.socket.write(UP.repeat(50));
    await expect.poll(() => served?.writableNeedDrain).toBe(true);
    for (let count = 0; count < 50; count++) await turn();
    // One response is 1 MB, and the kernel takes a few.
    expect(served?.writableLength).toBeLessThan(2_000_000);
    expect(served?.listenerCount('drain')).toBeLessThan(4);
    client.socket.resume();
    await expect.poll(() => client.statuses(), { timeout: 10_000 }).toHaveLength(50);
    client.socket.destroy();
  });

  it('is closed if it leaves more unread than all clients together may', async () => {
    const client = await serve({ firstTimeoutMs: 60_000, idleTimeoutMs: 60_000 });
    client.socket.on('error', () => {});
    size = 16_000_000;
    client.socket.pause();
    client.socket.write(UP);
    await expect.poll(() => served?.destroyed).toBe(true);
    client.socket.destroy();
  });

  it('is a WebSocket once the client has read the responses before', async () => {
    const client = await serve({ firstTimeoutMs: 60_000, idleTimeoutMs: 60_000 });
    let frames = '';
    onUpgrade = (_request, socket, first) => {
      socket.on('error', () => {});
      frames += first.toString();
      socket.on('data', (chunk: Buffer) => (frames += chunk.toString()));
    };
    client.socket.pause();
    // More than the kernel takes.
    client.socket.write(`${UP.repeat(15)}${UPGRADE}first`);
    await expect.poll(() => served?.writableNeedDrain).toBe(true);
    expect(frames).toBe('');
    client.socket.resume();
    await expect.poll(() => frames).toBe('first');
    client.socket.write(',more');
    await expect.poll(() => frames).toBe('first,more');
    client.socket.destroy();
  });

  it('is no WebSocket of a client that ends before its request is read', async () => {
    const client = await serve({ firstTimeoutMs: 60_000, idleTimeoutMs: 60_000 });
    const upgrade = vi.fn();
    onUpgrade = upgrade;
    const { promise, resolve } = deferred();
    wait = promise;
    client.socket.end(UP + UPGRADE);
    await expect.poll(() => answered).toBe(1);
    await expect.poll(() => served?.readableEnded).toBe(true);
    resolve();
    await once(client.socket, 'close');
    expect(client.statuses()).toEqual(['200']);
    expect(upgrade).not.toHaveBeenCalled();
  });

  it('starts no further request while a response is pending', async () => {
    const client = await serve({ firstTimeoutMs: 60_000, idleTimeoutMs: 60_000 });
    const { promise, resolve } = deferred();
    wait = promise;
    client.socket.write(UP + UP + UP.slice(0, 9));
    await expect.poll(() => answered).toBe(1);
    client.socket.write(UP.slice(9));
    await turn();
    expect([answered, client.text]).toEqual([1, '']);
    wait = undefined;
    resolve();
    await expect.poll(() => client.statuses()).toEqual(['200', '200']);
    client.socket.destroy();
  });

  it('that is closed while a response is pending ends after it', async () => {
    const client = await serve({ firstTimeoutMs: 60_000, idleTimeoutMs: 60_000 });
    const { promise, resolve } = deferred();
    wait = promise;
    client.socket.write(UP + UP);
    await expect.poll(() => answered).toBe(1);
    connection?.close();
    resolve();
    await once(client.socket, 'close');
    expect([answered, client.statuses()]).toEqual([1, ['200']]);
  });

  it('serves all requests of a client that ends while a response is pending', async () => {
    const client = await serve({ firstTimeoutMs: 60_000, idleTimeoutMs: 60_000 });
    const { promise, resolve } = deferred();
    wait = promise;
    client.socket.end(UP + UP);
    await expect.poll(() => answered).toBe(1);
    await turn();
    resolve();
    await once(client.socket, 'close');
    expect(client.statuses()).toEqual(['200', '200']);
  });

  it('serves no further request of a client that disconnects while a response is pending', async () => {
    const client = await serve({ firstTimeoutMs: 60_000, idleTimeoutMs: 60_000 });
    const { promise, resolve } = deferred();
    wait = promise;
    client.socket.write(UP + UP);
    await expect.poll(() => answered).toBe(1);
    const closed = new Promise((done) => served?.on('close', done));
    client.socket.resetAndDestroy();
    served?.resume();
    await closed;
    resolve();
    await turn();
    expect(answered).toBe(1);
  });
});
