import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createBroker } from '@rollcall/broker';
import type { Broker, BrokerOptions } from '@rollcall/broker';
import { DEVELOPMENT_APP } from '@rollcall/protocol';
import { loggerTo } from '../../../test/support/log.ts';
import { RawClient } from './raw-client.ts';
import { APP } from './sdk.ts';

let broker: Broker;
const logged: string[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  logged.length = 0;
  floodResponses = 0;
  await broker.close();
});

async function start(options: Partial<BrokerOptions> = {}): Promise<void> {
  broker = await createBroker({ apps: [APP], logger: loggerTo(logged), ...options });
}

function open(): Socket {
  const socket = connect(broker.port, broker.host);
  socket.on('error', () => {});
  sockets.push(socket);
  return socket;
}

/** An odd number, so that one is the median. */
const RESPONSES = 15;

/** Responses to the floods. */
let floodResponses = 0;

/** Sends requests one after the other without waiting, as fast as they are read. */
function flood(request: string): Socket {
  const socket = open();
  const chunk = request.repeat(Math.ceil(65_536 / request.length));
  socket.on('data', (data) => {
    floodResponses += data.toString('latin1').split('HTTP/1.1 ').length - 1;
  });
  const fill = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', fill);
  fill();
  return socket;
}

/** Returns how many responses the floods receive until another client has one: the median, because a busy machine delays some. */
async function responsesAhead(): Promise<number> {
  const counts: number[] = [];
  for (let n = 0; n < RESPONSES; n += 1) {
    const before = floodResponses;
    const response = await fetch(`${broker.url}/up`, { headers: { connection: 'close' } });
    await response.text();
    counts.push(floodResponses - before);
  }
  return counts.toSorted((a, b) => a - b)[(RESPONSES - 1) / 2] ?? Infinity;
}

it.each([
  ['GET /up', 'GET /up HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['unsigned requests', 'GET /apps/7/channels HTTP/1.1\r\nHost: h\r\n\r\n'],
])('a client that pipelines %s is served little before the others', async (_name, request) => {
  await start();
  for (let n = 0; n < 4; n += 1) flood(request);
  await expect.poll(() => floodResponses).toBeGreaterThan(0);
  // Without a limit, one chunk of a connection alone is more.
  expect(await responsesAhead()).toBeLessThan(1_000);
  expect(logged.length).toBeLessThan(25);
});

it('a client that pipelines requests that are not plain is disconnected', async () => {
  await start();
  const socket = flood('HEAD /up HTTP/1.1\r\nHost: h\r\n\r\n');
  await expect.poll(() => socket.closed).toBe(true);
  expect(floodResponses).toBeLessThan(17);
});

it('refused connections fill no log', async () => {
  await start();
  for (let n = 0; n < 30; n += 1) await new RawClient(broker, '/app/unknown?protocol=7').closed;
  expect(logged).toHaveLength(20);
});

it('one address has as many connections as it may, for any use', async () => {
  await start({ connectionsPerAddress: 2 });
  const first = open();
  await once(first, 'connect');
  await once(open(), 'connect');
  await once(open(), 'close');
  expect(logged).toEqual(['refused connection reason=2 connections from 127.0.0.1 are open']);
  first.destroy();
  await expect
    .poll(async () => (await fetch(`${broker.url}/up`).catch(() => ({ ok: false }))).ok)
    .toBe(true);
});

it('a web page of another machine is not connected to the development app', async () => {
  await start({ apps: [DEVELOPMENT_APP] });
  const url = `${broker.url.replace('http', 'ws')}/app/${DEVELOPMENT_APP.key}?protocol=7`;
  const connectFrom = (origin: string) => new WebSocket(url, { origin });
  const page = connectFrom('https://evil.example');
  const [frame] = await once(page, 'message');
  expect(String(frame)).toContain('"code":4009');
  const [code] = await once(page, 'close');
  expect(code).toBe(4009);
  const own = connectFrom('http://localhost:3000');
  const [greeting] = await once(own, 'message');
  expect(String(greeting)).toContain('connection_established');
  own.terminate();
});
