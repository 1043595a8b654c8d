import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../../../test/support/garbage.ts';
import { afterwards, client, listen, start, to } from '../harness.ts';

const MIB = 1024 * 1024;
const MUCH = 1024 * MIB;
const CHUNK = Buffer.alloc(256 * 1024, 'x');
/** What a garbage collector may leave lying about while so much passes. */
const SPREAD = 200 * MIB;

/** Writes so many bytes, as fast as they are taken. */
function pour(socket: Socket, bytes: number): void {
  let left = bytes;
  const more = (): void => {
    while (left > 0) {
      left -= CHUNK.length;
      if (!socket.write(CHUNK)) return;
    }
  };
  socket.on('drain', more);
  more();
}

/** Resolves when so many bytes have come. */
async function drink(socket: Socket, bytes: number): Promise<void> {
  let left = bytes;
  socket.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left <= 0) socket.emit('all');
  });
  await once(socket, 'all');
}

/** The most memory that the process has meanwhile, beyond what it has now. */
async function growthDuring(work: () => Promise<void>): Promise<number> {
  collectGarbage();
  const before = process.memoryUsage.rss();
  let most = before;
  const look = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
  try {
    await work();
  } finally {
    clearInterval(look);
  }
  return most - before;
}

/** An instance that is handed the connection, and how many bytes have come behind the head. */
async function raw(serve: (socket: Socket, come: number) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    afterwards(() => socket.destroy());
    socket.once('data', (first: Buffer) =>
      serve(socket, first.length - first.indexOf('\r\n\r\n') - 4),
    );
  });
  return listen(server);
}

function connected(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  afterwards(() => socket.destroy());
  return socket.on('error', () => {});
}

describe('a body larger than memory', () => {
  it('is forwarded to the client in bounded memory', async () => {
    const there = await raw((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${MUCH}\r\n\r\n`);
      pour(socket, MUCH);
    });
    const { port } = await start(to(there));
    const socket = connected(port);
    const growth = await growthDuring(async () => {
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await drink(socket, MUCH);
    });
    expect(growth).toBeLessThan(SPREAD);
  });

  it('is forwarded to the upstream in bounded memory', async () => {
    const there = await raw((socket, come) => {
      void drink(socket, MUCH - come).then(() =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
      );
    });
    const { port } = await start(to(there));
    const { socket, write, heard } = client(port);
    const growth = await growthDuring(async () => {
      write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${MUCH}\r\n\r\n`);
      pour(socket, MUCH);
      await heard(/ok$/);
    });
    expect(growth).toBeLessThan(SPREAD);
  });

  it.each(['up', 'down'])('waits where it is not taken, on its way %s', async (way) => {
    let sender: Socket | undefined;
    const there = await raw((socket) => {
      if (way === 'up') socket.pause();
      else {
        sender = socket;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${MUCH}\r\n\r\n`);
        pour(socket, MUCH);
      }
    });
    const { port } = await start(to(there));
    const socket = connected(port);
    if (way === 'up') {
      sender = socket;
      socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${MUCH}\r\n\r\n`);
      pour(socket, MUCH);
    } else socket.pause().write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    let before = -1;
    const stands = (): boolean => {
      const now = sender?.bytesWritten ?? 0;
      const isSame = now > 0 && now === before;
      before = now;
      return isSame;
    };
    await expect.poll(stands, { interval: 300, timeout: 10_000 }).toBe(true);
    // What the system holds on two connections, and little besides.
    expect(before).toBeLessThan(128 * MIB);
  });
});

describe('more bytes than may be held for all clients', () => {
  const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

  it.each([
    ['part of a head', `GET / HTTP/1.1\r\nX: ${'x'.repeat(4000)}`],
    ['a request ahead of its turn', `${REQUEST}GET / HTTP/1.1\r\nX: ${'x'.repeat(4000)}`],
  ])('reset the client that sends %s, and no other', async (_, bytes) => {
    const there = await raw(() => {});
    const { port, proxy } = await start(to(there), { limits: { heldBytes: 3000 } });
    const other = client(port);
    other.write(REQUEST);
    const { write, all } = client(port);
    write(bytes);
    expect(await all).toBe('closed by a reset');
    await until(() => proxy.clients === 1);
    expect(proxy.heavyClients).toBe(1);
    other.socket.destroy();
  });

  it('reset a client that does not take its response, or whose request is not taken', async () => {
    const there = await raw((socket, come) => {
      socket.pause();
      if (come > 0) return;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${MUCH}\r\n\r\n`);
      pour(socket, MUCH);
    });
    const { port, proxy } = await start(to(there), { limits: { heldBytes: 10_000 } });
    const taking = client(port);
    taking.socket.pause();
    taking.write(REQUEST);
    const sending = client(port);
    sending.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${MUCH}\r\n\r\nx`);
    pour(sending.socket, MUCH);
    await Promise.all([sending.closed, until(() => proxy.heavyClients === 2)]);
  });
});

/** Resolves when it is so: connections are looked at now and then. */
async function until(isSo: () => boolean): Promise<void> {
  await expect.poll(isSo, { timeout: 20_000 }).toBe(true);
}
