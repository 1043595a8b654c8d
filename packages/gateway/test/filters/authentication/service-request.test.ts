import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServiceClient } from '../../../src/filters/authentication/service-request.ts';

let server: Server;
let client: ServiceClient;
/** What the service sends in answer to a request. */
let response: string;
let isClosed: boolean;
beforeEach(async () => {
  [response, isClosed] = ['', false];
  client = new ServiceClient();
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      if (isClosed) socket.end(response, 'latin1');
      else socket.write(response, 'latin1');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  client.close();
  server.close();
});

const send = () =>
  client.send({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/check`,
    timeoutMs: 5000,
    maxBytes: 100,
  });

describe('the response of a service that a filter depends on', () => {
  it('is an error at once if it switches to another protocol', async () => {
    response =
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n';
    await expect(send()).rejects.toThrow(/101/);
  });

  it.each([
    ['is shorter than its Content-Length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'],
    [
      'has no end of its last chunk',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
    ],
    ['has two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'],
    [
      'is larger than it may be',
      `HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n${'x'.repeat(101)}`,
    ],
    ['has a head that is too large', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['is no HTTP', 'hello\r\n\r\n'],
    ['never comes', ''],
  ])('is an error if it %s', async (_what, text) => {
    [response, isClosed] = [text, true];
    await expect(send()).rejects.toThrow();
  });

  it('follows informational ones', async () => {
    response =
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno';
    expect(await send()).toMatchObject({ status: 403, body: Buffer.from('no') });
  });

  it('has no fields that belong to the connection, also those that Connection names', async () => {
    response =
      'HTTP/1.1 403 Forbidden\r\nConnection: X-Hop, close\r\nconnection: x-other\r\nX-Hop: 1\r\nx-other: 2\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\nUpgrade: h2c\r\nX-End: 3\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n2\r\nno\r\n0\r\nX-Sum: 4\r\nX-Consumer: root\r\n\r\n';
    expect(await send()).toEqual({
      status: 403,
      fields: [
        ['X-End', '3'],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ],
      body: Buffer.from('no'),
    });
  });
});
