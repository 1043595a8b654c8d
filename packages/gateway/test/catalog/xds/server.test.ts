import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { silentLogger } from '@rollcall/runtime';
import { createXdsServer } from '../../../src/catalog/xds/server.ts';
import { catalogOf, LiveTable } from '../live-table.ts';

const METHOD = '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources';
const ENDPOINTS = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';

const catalog = catalogOf(new LiveTable(), () => 1000);
const options = { catalog, host: '127.0.0.1', logger: silentLogger };

it('names a port in use, and the setting that chooses another', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await expect(createXdsServer({ ...options, port })).rejects.toMatchObject({
    code: 'ROLLCALL_PORT_TAKEN',
    message: expect.stringContaining('--xds-port') as string,
  });
  taken.close();
});

it('closes at once', async () => {
  const server = await createXdsServer({ ...options, port: 0 });
  const silent = connect(server.port, '127.0.0.1').resume();
  const session = connectHttp2(`http://127.0.0.1:${server.port}`).on('error', () => {});
  const stream = session.request({
    ':method': 'POST',
    ':path': METHOD,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => {});
  await once(silent, 'data');
  await once(session, 'remoteSettings');
  const closed = [silent, session].map(
    (each) => new Promise((resolve) => each.once('close', resolve)),
  );
  server.close();
  await Promise.all(closed);
});

const asIs = (bytes: Buffer): Buffer => bytes;

/** A field of protobuf that is a short text. */
const field = (tag: number, text: string): Buffer =>
  Buffer.concat([Buffer.from([tag, text.length]), Buffer.from(text)]);

it('pauses for a client that does not read, and then sends the current state', async () => {
  const table = new LiveTable();
  const many = catalogOf(table, () => 1000);
  const server = await createXdsServer({ ...options, catalog: many, port: 0 });
  for (let at = 1; at <= 2000; at++) table.say(`i${at}`, { port: at });
  const client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure());
  const call = client.makeBidiStreamRequest(METHOD, asIs, asIs);
  call.on('error', () => {});
  call.write(Buffer.concat([field(0x1a, 'v1'), field(0x22, ENDPOINTS)]));
  await once(call, 'readable');

  const changes = 60;
  for (let at = 1; at <= changes; at++) {
    table.say('one', { port: 10_000 + at });
    // Each is sent by itself: longer than changes are gathered.
    await sleep(15);
  }
  const responses: Buffer[] = [];
  call.on('data', (response: Buffer) => responses.push(response));
  // Field 3 of a socket address, and 10,060 as a varint.
  const latest = Buffer.from([0x18, 0xcc, 0x4e]);
  await expect.poll(() => responses.at(-1)?.includes(latest)).toBe(true);
  // Both ends hold 16 each.
  expect(responses.length).toBeLessThan(changes - 10);
  call.cancel();
  client.close();
  server.close();
});
