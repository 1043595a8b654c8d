import { once } from 'node:events';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect, createServer as createTlsServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeInternals, passBytes, turnOffNodeInternals } from '../src/node-internals.ts';
import { ONE } from '../../../test/support/certificates.ts';
import { afterwards, client, listen, send, start, to, upstream } from './harness.ts';

const echo = () => upstream((request, response) => request.pipe(response));

it('this version of Node has all of them', () => {
  expect(nodeInternals()).toEqual({ directWrite: true, directRead: true, immediateReset: true });
});

it('reads a secure socket that a server has accepted past its stream, to its end', async () => {
  const server = createTlsServer({ cert: ONE.cert, key: ONE.key });
  afterwards(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', ca: ONE.cert });
  const [accepted] = (await once(server, 'secureConnection')) as [TLSSocket];
  const shared = Buffer.alloc(1024);
  let come = '';
  const isPassed = passBytes(accepted, {
    buffer: () => shared,
    callback: (size) => {
      come += shared.toString('latin1', 0, size);
      return true;
    },
  });
  expect(isPassed).toBe(true);
  accepted.on('data', () => expect.unreachable('the stream has read'));
  client.end('x'.repeat(3000));
  await once(accepted, 'end');
  expect(come).toBe('x'.repeat(3000));
});

describe('without what Node does not document', () => {
  beforeAll(turnOffNodeInternals);

  it('reports so', () => {
    expect(Object.values(nodeInternals())).toEqual([false, false, false]);
  });

  it.each([0, 5, 5000, 3_000_000])('passes bodies of %d bytes both ways', async (length) => {
    const { port } = await start(to(await echo()));
    const body = 'x'.repeat(length);
    for (let count = 0; count < 3; count++)
      expect((await send(port, { method: 'POST', body })).body).toBe(body);
  });

  it('serves requests that follow each other on a connection', async () => {
    const { port } = await start(to(await echo()));
    const { write, heard } = client(port);
    const one = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok';
    write(one.repeat(20));
    const all = await heard(/(?:HTTP\/1\.1 200 (?:(?!HTTP)[^])*){20}/);
    expect(all.match(/HTTP\/1\.1 200 /g)).toHaveLength(20);
  });

  it('does not end a response as complete that is not', async () => {
    const server = createTcpServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', () => socket.destroy());
      });
      socket.on('error', () => {});
    });
    const { port } = await start(to(await listen(server)));
    await expect(send(port)).rejects.toThrow(/aborted|hang up|ECONNRESET/);
  });

  it('holds back an upstream while the client does not read', async () => {
    let sent = 0;
    const endless = await upstream((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = (): void => {
        do sent += chunk.length;
        while (response.write(chunk));
      };
      response.on('drain', more).on('close', () => response.off('drain', more));
      more();
    });
    const { port } = await start(to(endless));
    const { socket } = client(port);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    socket.pause();
    let before = -1;
    const stands = (): boolean => {
      const still = sent === before && sent > 0;
      before = sent;
      return still;
    };
    await expect.poll(stands, { interval: 200 }).toBe(true);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('speaks TLS', async () => {
    const { port } = await start(to(await echo()), { tls: { certificate: ONE } });
    const socket = connect({ port, host: '127.0.0.1', ca: ONE.cert });
    afterwards(() => socket.destroy());
    await once(socket, 'secureConnect');
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 [^]*ok/);
  });
});
