import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/deferred.ts';
import type { Filter } from '../../src/filters/filter.ts';
import type { RequestSummary } from '../../src/proxy.ts';
import { forwardBy } from '../decisions.ts';
import { afterwards, client, listen, start, to } from '../harness.ts';
import { session } from '../http2-client.ts';

const UPGRADE =
  'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n';
const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: y\r\n\r\n';

/** An instance whose side of each connection stays open, whatever the other does. */
async function lingeringServer() {
  const first = deferred<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    afterwards(() => socket.destroy());
    first.resolve(socket);
  });
  return { there: await listen(server), first: first.promise };
}

/** A proxy in front of one, and what it reports of its requests. */
async function proxied() {
  const { there, first } = await lingeringServer();
  const ended = deferred<RequestSummary>();
  const { port } = await start(to(there), { onRequestEnd: ended.resolve });
  return { port, first, ended: ended.promise };
}

describe('a client of HTTP/1.1 that leaves', () => {
  it.each<[string, (socket: Socket) => unknown]>([
    ['by a reset', (socket) => socket.resetAndDestroy()],
    ['by its end', (socket) => socket.end()],
  ])(
    '%s is noticed while it waits for a tunnel, with early bytes',
    async (_how, leave) => {
      const { port, first, ended } = await proxied();
      const { socket, write } = client(port);
      write(UPGRADE);
      const instance = await first;
      await once(instance, 'data');
      write('early');
      leave(socket);
      instance.resume();
      await once(instance, 'end');
      expect(await ended).toMatchObject({ status: 499 });
    },
    15_000,
  );

  it('before its tunnel is open ends it at the instance too', async () => {
    const { port, first } = await proxied();
    const { socket, write } = client(port);
    write(UPGRADE);
    const instance = await first;
    await once(instance, 'data');
    socket.end();
    instance.resume().write(SWITCH);
    await once(instance, 'end');
  });

  it('is noticed while a filter or a connection waits, with part of its body', async () => {
    const { there } = await lingeringServer();
    const ended = deferred<unknown>();
    const slow: Filter = {
      name: 'slow',
      onRequest: () => new Promise(() => {}),
    };
    const { port } = await start(
      ({ target }) => ({ ...forwardBy(() => there, target), filters: [slow] }),
      {
        onRequestEnd: ended.resolve,
      },
    );
    const { socket, write } = client(port);
    write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc');
    socket.end();
    expect(await ended.promise).toMatchObject({ status: 499 });
  });
});

describe('a tunnel that one side has ended', () => {
  it('is closed if the instance goes on in silence', async () => {
    const { port, first, ended } = await proxied();
    const { socket, write, heard, closed } = client(port);
    write(UPGRADE);
    const instance = await first;
    instance.resume().write(SWITCH);
    await heard(/ 101 /);
    socket.end();
    await once(instance, 'end');
    await closed;
    expect(await ended).toMatchObject({ status: 101 });
  }, 15_000);

  it('is closed if the client goes on in silence', async () => {
    const { port, first, ended } = await proxied();
    const { socket, write, heard } = client(port);
    socket.allowHalfOpen = true;
    write(UPGRADE);
    const instance = await first;
    instance.resume().write(SWITCH);
    await heard(/ 101 /);
    instance.end();
    expect(await ended).toMatchObject({ status: 101 });
  }, 15_000);

  it('is closed by HTTP/2 as well', async () => {
    const { port, first, ended } = await proxied();
    const made = session(port);
    await once(made, 'remoteSettings');
    const stream = made.request(
      {
        ':method': 'CONNECT',
        ':protocol': 'websocket',
        ':path': '/',
        'sec-websocket-version': '13',
      },
      { endStream: false },
    );
    const instance = await first;
    instance.resume().write(SWITCH);
    await once(stream, 'response');
    stream.on('error', () => {}).end();
    await once(instance, 'end');
    expect(await ended).toMatchObject({ status: 101 });
  }, 15_000);
});
