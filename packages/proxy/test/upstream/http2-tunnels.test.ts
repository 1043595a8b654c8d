import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import { text } from 'node:stream/consumers';
import { expect, it, vi } from 'vitest';
import { client, start, to } from '../harness.ts';
import { session } from '../http2-client.ts';
import { http2Upstream } from './http2-server.ts';

const UPGRADE =
  'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

it('a WebSocket that an upstream of HTTP/2 does not take costs no other request of its session', async () => {
  const held: ServerHttp2Stream[] = [];
  const { there, sessions } = await http2Upstream((stream) => {
    held.push(stream);
    stream.respond({ ':status': 200 });
    stream.write('half ');
  });
  const { port } = await start(to(there));
  const other = session(port).request();
  await once(other, 'response');
  const made = client(port);
  made.write(UPGRADE);
  await made.heard(/^HTTP\/1.1 501 /);
  // A PING that is answered: the upstream has read all that was sent before.
  await new Promise((resolve) => sessions[0]?.ping(resolve));
  held[0]?.end('whole');
  expect(await text(other)).toBe('half whole');
  expect(sessions).toHaveLength(1);
});

const CONNECT = { ':method': 'CONNECT', ':protocol': 'websocket', 'sec-websocket-version': '13' };

it.each<[string, (stream: ServerHttp2Stream) => void]>([
  ['client', (stream) => void stream.pipe(stream)],
  ['upstream', (stream) => stream.resume().end('over')],
])('a tunnel of HTTP/2 whose %s ends first is over once both have ended', async (_who, serve) => {
  const { there } = await http2Upstream(
    (stream) => {
      stream.respond({ ':status': 200 });
      serve(stream);
    },
    { settings: { enableConnectProtocol: true } },
  );
  const { port, proxy } = await start(to(there), { limits: { streams: 2 } });
  const made = session(port);
  await once(made, 'remoteSettings');
  for (let count = 0; count < 5; count++) {
    const stream = made.request(CONNECT, { endStream: false });
    await once(stream, 'response');
    stream.write('more than its window '.repeat(20_000));
    stream.end();
    await text(stream);
    if (!stream.closed) await once(stream, 'close');
    expect(stream.rstCode).toBe(0);
  }
  await vi.waitFor(() => expect([...proxy.pools()]).toEqual([[there.key, { open: 1, idle: 1 }]]));
});

it('a tunnel that an upstream of HTTP/2 opens and ends at once ends at the client too', async () => {
  const { there } = await http2Upstream(
    (stream) => stream.resume().respond({ ':status': 200 }, { endStream: true }),
    { settings: { enableConnectProtocol: true } },
  );
  const { port, proxy } = await start(to(there));
  const made = client(port);
  made.write(UPGRADE);
  await made.heard(/^HTTP\/1.1 101 /);
  await made.closed;
  await vi.waitFor(() => expect([...proxy.pools()]).toEqual([[there.key, { open: 1, idle: 1 }]]));
});

it('a tunnel to an upstream of HTTP/2 is opened with one Sec-WebSocket-Accept, even if it sends another', async () => {
  const { there } = await http2Upstream(
    (stream) => stream.respond({ ':status': 200, 'sec-websocket-accept': 'of its own' }),
    { settings: { enableConnectProtocol: true } },
  );
  const { port } = await start(to(there));
  const made = client(port);
  made.write(UPGRADE);
  const head = await made.heard(/\r\n\r\n/);
  expect(head.match(/sec-websocket-accept: .*/g)).toEqual([
    'sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
  ]);
});
