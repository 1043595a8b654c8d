import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/deferred.ts';
import { ONE } from '../../../../test/support/certificates.ts';
import { afterwards, listen, start, to, trusting } from '../harness.ts';
import { MemorySocket } from './memory-socket.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';

function serving(onConnection: (socket: Socket) => void) {
  return (socket: Socket): void => {
    socket.on('error', () => {});
    afterwards(() => socket.destroy());
    onConnection(socket);
  };
}

describe('a client that does not read', () => {
  it('is not sent 1xx without end', async () => {
    const flood = Buffer.alloc(
      64 * 1024 * 1024,
      `HTTP/1.1 103 x\r\nLink: ${'y'.repeat(8000)}\r\n\r\n`,
    );
    const isTaken = deferred<'taken'>();
    const instance = serving((socket) =>
      socket.once('data', () => socket.write(flood, () => isTaken.resolve('taken'))),
    );
    const { proxy } = await start(to(await listen(createServer(instance))));
    const socket = new MemorySocket(Infinity);
    proxy.serve(socket);
    socket.say(GET);
    // Far longer than it takes to read all of it.
    const waited = new Promise((resolve) => setTimeout(resolve, 1000, 'waited'));
    expect(await Promise.race([isTaken.promise, waited])).toBe('waited');
    socket.destroy();
  });

  it('leaves a connection over TLS that others can be served on', async () => {
    const lengths = [100_000, 2];
    const instance = serving((socket) =>
      socket.on('data', () => {
        const length = lengths.shift() ?? 0;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`);
      }),
    );
    const there = { ...(await listen(createTlsServer(ONE, instance))), tls: trusting(ONE.cert) };
    const { proxy } = await start(to(there));
    const slow = new MemorySocket(1);
    proxy.serve(slow);
    slow.say(GET);
    await expect.poll(() => slow.heard.length).toBeGreaterThan(100_000);
    const next = new MemorySocket();
    proxy.serve(next);
    next.say(GET);
    expect(await next.statuses(1)).toEqual([200]);
  });

  it('does not keep its tunnel when the upstream has gone', async () => {
    const instance = serving((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nframe');
        setTimeout(() => socket.resetAndDestroy(), 20);
      }),
    );
    const there = await listen(createServer(instance));
    const { proxy } = await start(to(there), { limits: { answerBodyMs: 1 } });
    const socket = new MemorySocket(Infinity);
    proxy.serve(socket);
    socket.say(GET.replace('\r\n\r\n', '\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'));
    await once(socket, 'close');
  });
});
