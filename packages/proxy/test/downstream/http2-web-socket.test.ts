import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { afterwards, start, to, upstream } from '../harness.ts';
import { session } from '../http2-client.ts';

async function chat(): Promise<{
  port: number;
  proxy: Awaited<ReturnType<typeof start>>['proxy'];
}> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  afterwards(() => server.close());
  await once(server, 'listening');
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  const there = { key: 'a', address: '127.0.0.1', port: (server.address() as AddressInfo).port };
  return start(to(there));
}

describe('a WebSocket over HTTP/2', () => {
  const CONNECT = {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': '/chat',
    'sec-websocket-version': '13',
  };

  // "hello", masked with zeros.
  const HELLO = Buffer.from([0x81, 0x85, 0, 0, 0, 0, ...Buffer.from('hello')]);

  it('is tunnelled by extended CONNECT, and ends with it', async () => {
    const { port } = await chat();
    const client = session(port);
    await once(client, 'remoteSettings');
    const stream = client.request(CONNECT, { endStream: false });
    const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    expect(headers).toMatchObject({ ':status': 200 });
    expect(headers).not.toHaveProperty('sec-websocket-accept');
    stream.write(HELLO);
    const [echoed] = (await once(stream, 'data')) as [Buffer];
    expect(echoed.subarray(2).toString()).toBe('hello');
    stream.end(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
    await once(stream.resume(), 'end');
  });

  it('receives a close frame when the proxy closes', async () => {
    const { port, proxy } = await chat();
    const client = session(port);
    await once(client, 'remoteSettings');
    const stream = client.request(CONNECT, { endStream: false });
    await once(stream, 'response');
    const closed = proxy.close(5000);
    const [frame] = (await once(stream, 'data')) as [Buffer];
    expect(frame.readUInt16BE(2)).toBe(1001);
    stream.end(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
    await closed;
  });

  it('that is declined gets the response', async () => {
    const there = await upstream((_request, response) => response.writeHead(403).end('no'));
    const { port } = await start(to(there));
    const client = session(port);
    await once(client, 'remoteSettings');
    const stream = client.request(CONNECT, { endStream: false });
    const [headers] = (await once(stream, 'response')) as [{ ':status'?: number }];
    expect(headers[':status']).toBe(403);
    expect(await text(stream)).toBe('no');
  });
});
