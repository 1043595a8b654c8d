import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { rawClient, listen, startProxy, forwardToEach, httpServer } from '../harness.ts';

const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n';

describe('a client that waits for 100 Continue', () => {
  it('gets it from the upstream, and sends its body', async () => {
    const there = await httpServer(
      async (request, response) => void response.end(`got ${await text(request)}`),
    );
    const { port } = await startProxy(forwardToEach(there));
    const { write, heard } = rawClient(port);
    write(POST);
    expect(await heard(/\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    write('hello');
    await heard(/HTTP\/1\.1 200 OK\r\n[^]*got hello/);
  });

  it('gets a final response without sending its body, and the connection closes', async () => {
    const server = createServer();
    server.on('checkContinue', (_request, response) => response.writeHead(403).end('no'));
    const { port } = await startProxy(forwardToEach(await listen(server)));
    const { write, all } = rawClient(port);
    write(POST);
    expect(await all).toMatch(/^HTTP\/1\.1 403 [^]*connection: close\r\n/);
  });
});
