import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { onePerTurn } from '../src/one-per-turn.ts';
import { UnreadBudget } from '../src/unread-budget.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Starts a server, and returns the order in which requests and turns of the event loop came. */
async function start(body = 'ok', unread?: UnreadBudget): Promise<string[]> {
  const order: string[] = [];
  server = createServer(
    onePerTurn((_request, response) => {
      order.push('request');
      setImmediate(() => order.push('turn'));
      response.end(body);
    }, unread),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return order;
}

function client(): Socket {
  return connect((server.address() as AddressInfo).port, '127.0.0.1');
}

it('serves no two requests in one turn, though they came in one packet', async () => {
  const order = await start();
  const socket = client().setEncoding('latin1');
  let text = '';
  socket.on('data', (part: string) => (text += part));
  socket.write(GET.repeat(10));
  await expect.poll(() => text.match(/HTTP\/1\.1 200/g)).toHaveLength(10);
  expect(order.join(' ')).not.toMatch(/request request/);
  socket.destroy();
});

it('serves no two requests in one turn, though they came on as many connections', async () => {
  const order = await start();
  const sockets = Array.from({ length: 20 }, client);
  const askAll = () =>
    Promise.all(
      sockets.map((socket) => {
        socket.write(GET);
        return once(socket, 'data');
      }),
    );
  // Only then are all connections accepted, so that the next requests come together.
  await askAll();
  await askAll();
  expect(order.filter((each) => each === 'request')).toHaveLength(40);
  expect(order.join(' ')).not.toMatch(/request request/);
  for (const socket of sockets) socket.destroy();
});

it('responds to a client that does not read no more than once', async () => {
  const order = await start('x'.repeat(20_000_000));
  const slow = client().pause();
  slow.write(GET.repeat(10));
  const other = client();
  other.write(GET);
  await once(other, 'data');
  expect(order.filter((each) => each === 'request')).toHaveLength(2);
  for (const socket of [slow, other]) socket.destroy();
});

it('closes the connections that leave the most unread when all leave too much together', async () => {
  await start('x'.repeat(20_000_000), new UnreadBudget(50_000_000));
  let open = 0;
  server.on('connection', (socket: Socket) => {
    open += 1;
    socket.once('close', () => (open -= 1));
  });
  const slow = Array.from({ length: 4 }, () => client().on('error', () => {}));
  for (const socket of slow) socket.pause().write(GET);
  // Of 80 MB, 50 may be left.
  await expect.poll(() => open).toBe(2);
  for (const socket of slow) socket.destroy();
});

it('closes a connection that sends far ahead, and serves others', async () => {
  await start();
  const flood = client();
  flood.write(GET.repeat(1000));
  await once(flood.resume(), 'close');
  const other = client();
  other.write(GET);
  expect(String((await once(other, 'data'))[0])).toMatch(/^HTTP\/1\.1 200/);
  other.destroy();
});
