import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../../../test/support/garbage.ts';
import { randomFrom } from '../../../../test/simulation/random.js';
import { NO_UPSTREAM } from '../decisions.ts';
import { afterwards, listen, start, to } from '../harness.ts';
import { MemorySocket } from './memory-socket.ts';

const SEED = 4;
const ABORTS = 100_000;
const AT_ONCE = 32;
const MIB = 1024 * 1024;
const DOWNLOAD = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';
const UPLOAD = 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf';

/** An instance that begins its answers to downloads, ends none, and knows its connections. */
async function unending() {
  const open = new Set<Socket>();
  let asked = 0;
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      asked++;
      if (bytes[0] === 0x47) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    });
  });
  afterwards(() => open.forEach((socket) => socket.destroy()));
  return { there: await listen(server), open, asked: () => asked };
}

describe('clients that abort', () => {
  it(`leave nothing behind, of ${ABORTS}, by seed ${SEED}`, async () => {
    const random = randomFrom(SEED);
    const { there, open, asked } = await unending();
    const { proxy, port } = await start(to(there));

    /** Over a network, by a FIN or a reset: in the middle of the answer, or as soon as it has asked. */
    async function abortForReal(isDownload: boolean): Promise<void> {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      socket.write(isDownload ? DOWNLOAD : UPLOAD);
      await once(socket, isDownload && random() < 0.7 ? 'data' : 'connect');
      if (random() < 0.5) socket.destroy();
      else socket.resetAndDestroy();
      if (!socket.closed) await once(socket, 'close');
    }
    /** Without one, which takes a fifth of the time. */
    async function abortInMemory(isDownload: boolean): Promise<void> {
      const socket = new MemorySocket();
      proxy.serve(socket);
      socket.say(isDownload ? DOWNLOAD : UPLOAD);
      if (isDownload && random() < 0.7) await socket.statuses(1);
      else await new Promise((resolve) => setImmediate(resolve));
      socket.destroy();
    }
    /** So many, and what of memory is in use then. */
    async function abort(count: number): Promise<number> {
      const some = async (): Promise<void> => {
        for (let done = 0; done < count / AT_ONCE; done++) {
          const isDownload = random() < 0.5;
          await (done % 10 === 0 ? abortForReal(isDownload) : abortInMemory(isDownload));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, some));
      // The pool is empty, and so is every socket's other end.
      await expect.poll(() => open.size).toBe(0);
      collectGarbage();
      return process.memoryUsage().heapUsed;
    }
    const before = await abort(ABORTS / 10);
    const after = await abort((ABORTS / 10) * 9);
    // 40 bytes of each that went would show.
    expect(after - before).toBeLessThan(4 * MIB);
    // Not all were gone before their instance had heard of them.
    expect(asked()).toBeGreaterThan(ABORTS / 2);
  }, 300_000);
});

describe('a client that is gone', () => {
  it('is served no further, though it had sent more requests', async () => {
    let decided = 0;
    const { proxy } = await start(() => {
      decided++;
      return { type: 'answer', problem: NO_UPSTREAM };
    });
    const socket = new MemorySocket();
    proxy.serve(socket);
    socket.say(DOWNLOAD.repeat(100));
    await socket.statuses(1);
    socket.destroy();
    await expect.poll(() => proxy.clients).toBe(0);
    const served = decided;
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(decided).toBe(served);
    expect(served).toBeLessThan(100);
  });
});
