import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { deferred } from '../../../../test/support/deferred.ts';
import type { Upstream } from '../../src/proxy.ts';
import { afterwards, client, listen, start, to } from '../harness.ts';

/** Longer than a test may take, so that waiting for the grace period fails. */
const NEVER_MS = 3_600_000;

/** An instance that sends back what it gets. */
async function echoing() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true });
  afterwards(() => {
    for (const each of server.clients) each.terminate();
    server.close();
  });
  await once(server, 'listening');
  const closes: number[] = [];
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on('close', (code) => closes.push(code));
  });
  const { port } = server.address() as AddressInfo;
  const there: Upstream = { key: 'ws', address: '127.0.0.1', port };
  return { there, closes };
}

const ASK = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCH = 'HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n';
/** As it goes to a client: 1001, not masked. */
const CLOSE = '\x88\x02\x03\xe9';

/** An upstream that sends what the test tells it to. */
async function speaking() {
  const connected = deferred<Socket>();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => connected.resolve(socket));
    afterwards(() => socket.destroy());
  });
  return { there: await listen(server), connected: connected.promise };
}

async function opened(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  afterwards(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

describe('WebSockets when the proxy closes', () => {
  it('get a close frame on both sides, and end', async () => {
    const { there, closes } = await echoing();
    const { proxy, port } = await start(to(there));
    const sockets = await Promise.all([opened(port), opened(port)]);
    for (const socket of sockets) {
      socket.send('hello');
      expect(String((await once(socket, 'message'))[0])).toBe('hello');
    }
    const closed = sockets.map((socket) => once(socket, 'close'));
    await proxy.close(NEVER_MS);
    expect((await Promise.all(closed)).map(([code]) => code as unknown)).toEqual([1001, 1001]);
    await expect.poll(() => closes).toEqual([1001, 1001]);
  });

  it('get one close frame, even if a side sends one too', async () => {
    const { there, closes } = await echoing();
    const { proxy, port } = await start(to(there));
    const socket = await opened(port);
    const closed = once(socket, 'close');
    socket.close(4000);
    await proxy.close(NEVER_MS);
    expect([1001, 4000]).toContain((await closed)[0]);
    await expect.poll(() => closes).toHaveLength(1);
  });

  it('get a close frame behind the frame that is being sent', async () => {
    const { there, connected } = await speaking();
    const { proxy, port } = await start(to(there));
    const { write, heard, all } = client(port);
    write(ASK);
    const instance = await connected;
    instance.write(`${SWITCH}\x82\x05ab`, 'latin1');
    await heard(/ab$/);
    const closing = proxy.close(NEVER_MS);
    instance.end('cde');
    expect((await all).endsWith(`abcde${CLOSE}`)).toBe(true);
    await closing;
  });

  it('get a close frame if they open meanwhile', async () => {
    const { there, connected } = await speaking();
    const { proxy, port } = await start(to(there));
    const { write, all } = client(port);
    write(ASK);
    const instance = await connected;
    const closing = proxy.close(NEVER_MS);
    instance.end(SWITCH);
    expect((await all).endsWith(`\r\n\r\n${CLOSE}`)).toBe(true);
    await closing;
  });

  it('are reset after the grace period if a side goes on', async () => {
    const { there, connected } = await speaking();
    const { proxy, port } = await start(to(there));
    const { write, heard, all } = client(port);
    write(ASK);
    (await connected).write(`${SWITCH}\x82\x05ab`, 'latin1');
    await heard(/ab$/);
    await proxy.close(10);
    expect(await all).toMatch(/ab(?:closed by a reset)?$/);
  });
});
