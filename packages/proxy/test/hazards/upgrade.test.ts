import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { ONE } from '../../../../test/support/certificates.ts';
import { afterwards, client, listen, start, to, trusting } from '../harness.ts';
import { atEveryCut, speaking } from './vectors.ts';

const ASK =
  'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n';
const SMUGGLED = 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n';
const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: y\r\n\r\n';

/** An instance that switches, and then sends back what it gets. */
async function echoing() {
  const server = createServer();
  server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
    afterwards(() => socket.destroy());
    socket.write(SWITCH);
    socket.write(`key ${request.headers['sec-websocket-key']} `);
    socket.write(head);
    socket.pipe(socket);
  });
  return listen(server);
}

describe('a WebSocket', () => {
  it('is tunnelled after 101, both ways, and with what came early', async () => {
    const { port } = await start(to(await echoing()));
    const { write, heard } = client(port);
    write(`${ASK}early `);
    expect(await heard(/key x early $/)).toMatch(
      /^HTTP\/1\.1 101 [^]*Sec-WebSocket-Accept: y\r\n[^]*upgrade: websocket\r\n/i,
    );
    write('late');
    await heard(/early late$/);
  });
  it('is tunnelled wherever the 101 and what follows it is cut', async () => {
    const answer = `${SWITCH}from the start`;
    let cut = 1;
    const there = await speaking(() => [answer.slice(0, cut), answer.slice(cut)]);
    const { port } = await start(to(there));
    for (; cut < answer.length; cut++) {
      const { socket, write, heard } = client(port);
      write(ASK);
      expect(await heard(/from the start$/)).toMatch(/^HTTP\/1\.1 101 [^]*\r\n\r\nfrom the start$/);
      socket.destroy();
    }
  });
  it('carries bytes of any kind and number, unchanged', async () => {
    const { port } = await start(to(await echoing()));
    const { socket, write, heard } = client(port);
    write(ASK);
    await heard(/key x $/);
    const block = Buffer.alloc(4 * 1024 * 1024, Buffer.from([0, 255, 13, 10, 13, 10, 128]));
    const hash = createHash('sha256');
    let left = block.length;
    socket.removeAllListeners('data').on('data', (chunk: string) => {
      left -= chunk.length;
      hash.update(chunk, 'latin1');
      if (left === 0) socket.emit('all');
    });
    socket.write(block);
    await once(socket, 'all');
    expect(hash.digest('hex')).toBe(createHash('sha256').update(block).digest('hex'));
  });
  it('ends on both sides when one ends', async () => {
    const { port } = await start(to(await echoing()));
    const { socket, write, heard, closed } = client(port);
    write(ASK);
    await heard(/key x $/);
    socket.end();
    await closed;
  });
  it('has all that an upstream of TLS sends, though its client ends before it is opened', async () => {
    const sent = 'x'.repeat(40_000);
    const server = createTlsServer({ ...ONE, allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      const switched =
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
      socket.once('data', () => socket.end(switched + sent));
    });
    const { port } = await start(to({ ...(await listen(server)), tls: trusting(ONE.cert) }));
    const { socket, all } = client(port);
    socket.end('GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    expect(await all).toMatch(/\r\n\r\nx{40000}$/);
  });

  it('that the upstream declines is an ordinary exchange, and what follows is HTTP', () =>
    atEveryCut(ASK + SMUGGLED, [200, 200], ({ reached }) => {
      expect(reached.map(({ url }) => url)).toEqual(['/chat', '/admin']);
    }));
});

describe('an upgrade to something else', () => {
  it.each(['h2c', 'h2c, TLS/1.0', 'TLS/1.0', 'websocket2, h2c'])(
    '%s: not tunnelled, not passed on',
    (protocol) =>
      atEveryCut(
        `GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: x\r\n\r\n${SMUGGLED}`,
        [200, 200],
        ({ reached }) => {
          expect(reached.map(({ url }) => url)).toEqual(['/a', '/admin']);
          for (const { headers } of reached) {
            expect(headers).not.toHaveProperty('upgrade');
            expect(headers).not.toHaveProperty('http2-settings');
          }
        },
      ),
  );
  it.each(['websocket, foo', 'h2c,websocket', 'foo , WebSocket'])(
    '%s: the WebSocket of the list is passed on, and nothing else',
    (protocols) =>
      atEveryCut(ASK.replace('websocket', protocols), [200], ({ reached }) => {
        expect(reached).toMatchObject([{ headers: { upgrade: 'websocket' } }]);
      }),
  );
  it.each([
    ['with a body', ASK.replace('\r\n\r\n', '\r\nContent-Length: 3\r\n\r\nabc')],
    ['by POST', ASK.replace('GET', 'POST')],
    ['in HTTP/1.0', ASK.replace('HTTP/1.1', 'HTTP/1.0')],
    ['without Connection', ASK.replace('Connection: Upgrade\r\n', '')],
  ])('of WebSocket %s: not passed on', (_what, bytes) =>
    atEveryCut(bytes, [200], ({ reached }) => {
      expect(reached[0]?.headers).not.toHaveProperty('upgrade');
    }),
  );
  it('a switch to another protocol than was requested: 502', async () => {
    const { port } = await start(to(await speaking(() => [SWITCH.replace('websocket', 'h2c')])));
    const { write, heard } = client(port);
    write(ASK);
    expect(await heard(/upstream-failed/)).toMatch(/^HTTP\/1\.1 502 /);
  });
});
