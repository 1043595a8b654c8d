import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { client, listen, start, to } from '../harness.ts';

const BODY = 'x'.repeat(500_000);
const UPLOAD = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${BODY.length}\r\n\r\n`;

/** Uploads to an upstream that responds at once and closes, so that the system resets the connection: it has not read the body. */
async function upload(response: string) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.pause().write(response, () => socket.destroy()));
  });
  const { port } = await start(to(await listen(server)));
  const { write, all, heard } = client(port);
  write(UPLOAD + BODY);
  return { all, heard };
}

describe('requests behind one that is answered before its body was read', () => {
  it('are dropped, and do not cause a reset that could cut the response', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        socket.once('data', () => socket.write('2\r\nok\r\n0\r\n\r\n'));
      });
    });
    const there = await listen(server);
    const { proxy, port } = await start(to(there));
    const { socket, write, all, heard } = client(port);
    write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nha');
    await heard(/connection: close\r\n\r\n/);
    socket.pause();
    write('lf');
    await expect.poll(() => [...proxy.pools()]).toMatchObject([[there.key, { idle: 1 }]]);
    // The first would be answered by a reset, and the second fail.
    for (let count = 0; count < 2; count++) {
      write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      await new Promise(setImmediate);
    }
    socket.resume();
    expect(await all).toMatch(/ok\r\n0\r\n\r\n$/);
  });
});

describe('an upstream that responds and closes before it has read the body', () => {
  it('has its response passed on, though the rest of the body cannot be written', async () => {
    const { heard } = await upload('HTTP/1.1 413 Large\r\nContent-Length: 2\r\n\r\nno');
    expect(await heard(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 413 Large\r\n[^]*no$/);
  });

  it('has not ended a response that goes on until the connection is closed: the reset may have cut it', async () => {
    const { all } = await upload('HTTP/1.1 200 OK\r\n\r\npart');
    expect(await all).toMatch(/\r\n4\r\npart\r\n(?:closed by a reset)?$/);
  });
});
