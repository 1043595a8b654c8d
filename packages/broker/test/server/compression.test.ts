import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { constants, deflateRawSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { MAX_MESSAGE_BYTES } from '../../src/server/web-socket/frame-reader.ts';
import { APP, server } from '../sdk.ts';

let broker: Broker;
const open: WebSocket[] = [];
afterEach(async () => {
  for (const client of open.splice(0)) client.terminate();
  await broker.close();
});

async function start(compression?: boolean): Promise<void> {
  broker = await createBroker({ apps: [APP], ...(compression !== undefined && { compression }) });
}

/** A client that is subscribed to `news`, and the bytes that its socket has read. */
async function subscriber(perMessageDeflate: object | boolean) {
  const url = `${broker.url.replace('http', 'ws')}/app/${APP.key}?protocol=7`;
  let socket: Socket | undefined;
  const client = new WebSocket(url, {
    perMessageDeflate,
    createConnection: (options: { host: string; port: number }) => (socket = connect(options)),
  } as object);
  open.push(client);
  await once(client, 'message');
  client.send(JSON.stringify({ event: 'pusher:subscribe', data: { channel: 'news' } }));
  await once(client, 'message');
  return { client, bytesRead: () => socket?.bytesRead ?? 0 };
}

const LONG = JSON.stringify(Array.from({ length: 100 }, (_, id) => ({ id, name: `name ${id}` })));

const dataOf = ([frame]: unknown[]) => (JSON.parse(String(frame)) as { data: string }).data;

it('frames are compressed for the clients that ask for it', async () => {
  await start(true);
  const subscribers = [
    await subscriber(true),
    await subscriber(true),
    await subscriber(false),
    await subscriber({ serverMaxWindowBits: 10 }),
  ];
  expect(subscribers.map(({ client }) => client.extensions !== '')).toEqual([
    true,
    true,
    false,
    // One that wants a smaller window: a broadcast is compressed once for all.
    false,
  ]);
  const before = subscribers.map(({ bytesRead }) => bytesRead());
  for (let time = 0; time < 2; time += 1) {
    const received = subscribers.map(({ client }) => once(client, 'message'));
    await server(broker).trigger('news', 'e', LONG);
    expect((await Promise.all(received)).map(dataOf)).toEqual([LONG, LONG, LONG, LONG]);
  }
  const sizes = subscribers.map(({ bytesRead }, at) => bytesRead() - (before[at] ?? 0));
  expect(sizes.map((size) => size < LONG.length)).toEqual([true, true, false, false]);
});

it('frames of a client may be compressed', async () => {
  await start(true);
  const { client } = await subscriber({ threshold: 0 });
  client.send(JSON.stringify({ event: 'pusher:ping', data: LONG }));
  expect(String((await once(client, 'message'))[0])).toContain('pusher:pong');
});

it('a small frame that inflates to more than a frame may have closes the connection with 1009', async () => {
  await start(true);
  const { client } = await subscriber({ threshold: 0 });
  client.send('x'.repeat(MAX_MESSAGE_BYTES + 1));
  expect((await once(client, 'close'))[0]).toBe(1009);

  // A bomb: 30 MB in 30 KB.
  const { client: attacker } = await subscriber(true);
  const bomb = deflateRawSync(Buffer.alloc(30_000_000), { finishFlush: constants.Z_SYNC_FLUSH });
  const memory = process.memoryUsage().arrayBuffers;
  const head = Buffer.from([0xc1, 0xfe, bomb.length >> 8, bomb.length & 0xff, 0, 0, 0, 0]);
  const { _socket: raw } = attacker as unknown as { _socket: Socket };
  raw.write(Buffer.concat([head, bomb]));
  expect((await once(attacker, 'close'))[0]).toBe(1009);
  expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(2_000_000);
});

it.each([undefined, false])('is off if it is %s', async (compression) => {
  await start(compression);
  expect((await subscriber(true)).client.extensions).toBe('');
});
