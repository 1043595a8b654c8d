import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { streamDecode, streamEncode } from 'dns-packet';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createDnsServer } from '../../../src/catalog/dns/server.ts';
import type { DnsServer } from '../../../src/catalog/dns/server.ts';
import { catalogOf, LiveTable } from '../live-table.ts';

let server: DnsServer;
const zone = { domain: 'rollcall', ttl: 1, random: Math.random, host: '127.0.0.1' };
const table = new LiveTable();
table.say('a');
const catalog = catalogOf(table, () => 1000);
beforeEach(async () => {
  server = await createDnsServer({ ...zone, catalog, port: 0 });
});
afterEach(() => server.close());

const query = (id: number): Buffer =>
  streamEncode({ type: 'query', id, questions: [{ type: 'A', name: 'v1.service.rollcall' }] });

it('answers queries that arrive in one chunk or in many, in order', async () => {
  const socket = connect(server.port, '127.0.0.1');
  socket.write(Buffer.concat([query(1), query(2)]));
  const third = query(3);
  socket.setNoDelay().write(third.subarray(0, 1));
  setImmediate(() => socket.write(third.subarray(1, 9), () => socket.write(third.subarray(9))));
  const ids: unknown[] = [];
  let unread = Buffer.alloc(0);
  while (!ids.includes(3)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    unread = Buffer.concat([unread, chunk]);
    for (const answer of whole(unread)) ids.push(streamDecode(answer).id);
  }
  socket.destroy();
  expect(ids.slice(-3)).toEqual([1, 2, 3]);
});

/** The messages that are there whole. */
function* whole(bytes: Buffer): Generator<Buffer> {
  while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
    const end = 2 + bytes.readUInt16BE(0);
    yield bytes.subarray(0, end);
    bytes = bytes.subarray(end);
  }
}

it.each([
  ['is longer than any', Buffer.from([0xff, 0xff])],
  ['is none', Buffer.concat([Buffer.from([0, 3]), Buffer.alloc(3)])],
])('closes a connection whose query %s', async (_what, bytes) => {
  const socket = connect(server.port, '127.0.0.1').resume();
  socket.write(bytes);
  await once(socket, 'close');
});

it('keeps working after invalid input', async () => {
  const socket = createSocket('udp4');
  const { port } = server;
  socket.send(Buffer.from('GET / HTTP/1.1\r\n'), port, '127.0.0.1');
  socket.send(Buffer.alloc(5), port, '127.0.0.1');
  socket.send(query(9).subarray(2), port, '127.0.0.1');
  let message: Buffer = Buffer.alloc(2);
  while (message.readUInt16BE(0) !== 9) [message] = (await once(socket, 'message')) as [Buffer];
  socket.close();
});

it('names a port in use, and the setting that chooses another', async () => {
  await expect(createDnsServer({ ...zone, catalog, port: server.port })).rejects.toMatchObject({
    code: 'ROLLCALL_PORT_TAKEN',
    message: expect.stringContaining('--dns-port') as string,
  });
  const udp = createSocket('udp4').bind(0, '127.0.0.1');
  await once(udp, 'listening');
  const { port } = udp.address();
  await expect(createDnsServer({ ...zone, catalog, port })).rejects.toMatchObject({
    code: 'ROLLCALL_PORT_TAKEN',
  });
  udp.close();
});

it('closes at once', async () => {
  const socket = connect(server.port, '127.0.0.1').resume();
  await once(socket, 'connect');
  socket.write(query(1));
  await once(socket, 'data');
  const closed = once(socket, 'close');
  server.close();
  await closed;
  server = await createDnsServer({ ...zone, catalog, port: 0 });
});
