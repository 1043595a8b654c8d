import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { client, listen, start, to, upstream } from '../harness.ts';

const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n';

describe('a client that waits for 100 Continue', () => {
  it('gets it from the upstream, and sends its body', async () => {
    const there = await upstream(
      async (request, response) => void response.end(`got ${await text(request)}`),
    );
    const { port } = await start(to(there));
    const { write, heard } = client(port);
    write(POST);
    expect(await heard(/\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    write('hello');
    await heard(/HTTP\/1\.1 200 OK\r\n[^]*got hello/);
  });

  it('gets a response without having sent its body, and the connection ends', async () => {
    const server = createServer();
    server.on('checkContinue', (_request, response) => response.writeHead(403).end('no'));
    const { port } = await start(to(await listen(server)));
    const { write, all } = client(port);
    write(POST);
    expect(await all).toMatch(/^HTTP\/1\.1 403 [^]*connection: close\r\n/);
  });
});
