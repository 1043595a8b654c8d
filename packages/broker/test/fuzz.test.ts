// Sends arbitrary input. The broker must continue, and other clients must not be affected. fast-check prints the seed of a
// failure; FUZZ_RUNS sets the number of runs.
import { once } from 'node:events';
import { connect } from 'node:net';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { connectedClient } from './raw-client.ts';
import type { RawClient } from './raw-client.ts';
import { APP, server } from './sdk.ts';
import { loggerTo } from '../../../test/support/log.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 100);

let broker: Broker;
let bystander: RawClient;
const logged: string[] = [];
beforeAll(async () => {
  broker = await createBroker({ apps: [APP], logger: loggerTo(logged) });
  bystander = await connectedClient(broker);
  await bystander.subscribe('news');
});
afterAll(() => broker.close());

afterEach(async () => {
  await server(broker).trigger('news', 'still-there', 1);
  expect(await bystander.next()).toMatchObject({ event: 'still-there' });
});

/** No input may cause an unexpected error, or put a control character into the log. */
function checkLog(): void {
  for (const line of logged.splice(0)) expect(line).toMatch(/^(?!.* failed )[^\p{Cc}]{1,600}$/u);
}

/** Sends bytes and ends. Resolves to everything that is received until the broker closes. */
async function exchange(bytes: Uint8Array[]): Promise<string> {
  const socket = connect(broker.port, broker.host);
  socket.on('error', () => {});
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
  for (const part of bytes) socket.write(part);
  socket.end();
  await once(socket, 'close');
  return answer;
}

const UPGRADE = Buffer.from(
  [
    `GET /app/${APP.key}?protocol=7 HTTP/1.1`,
    'Host: a',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n'),
);

it('bytes that are not HTTP', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
      expect(await exchange([bytes])).not.toMatch(/^HTTP\/1\.1 (?:200|5)/);
      checkLog();
    }),
    { numRuns },
  );
});

it('almost valid requests', async () => {
  const path = fc.oneof(
    fc.constantFrom(
      '/up',
      '/apps/7/events',
      '/apps/7/channels/a/users',
      '//',
      '/app/test-key',
      '*',
    ),
    fc.webPath(),
  );
  const header = fc.constantFrom(
    'content-length: 5',
    'content-length: -1',
    'transfer-encoding: chunked',
    'expect: 100-continue',
    'upgrade: websocket',
    'connection: upgrade',
    'origin: http://evil',
    'sec-websocket-key: x',
  );
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'get', 'CONNECT'),
    path,
    query: fc.webQueryParameters(),
    headers: fc.uniqueArray(header),
    body: fc.string(),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ method, path: target, query, headers, body }) => {
      const head = [`${method} ${target}?${query} HTTP/1.1`, 'host: a', ...headers];
      const answer = await exchange([Buffer.from([...head, '', body].join('\r\n'))]);
      if (target !== '/up') expect(answer).not.toMatch(/^HTTP\/1\.1 (?:200|5)/);
      checkLog();
    }),
    { numRuns },
  );
});

it('bytes that are not frames, after a valid handshake', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 })), async (parts) => {
      expect(await exchange([UPGRADE, ...parts])).toMatch(/^HTTP\/1\.1 101/);
      checkLog();
    }),
    { numRuns },
  );
});

it('frames with contents that no client sends', async () => {
  const field = fc.oneof(
    fc.constantFrom('news', 'private-a', 'presence-a', '#server-to-user-1', `${APP.key}:00`),
    fc.jsonValue(),
  );
  const message = fc.oneof(
    fc.record(
      {
        event: fc.oneof(
          fc.constantFrom('pusher:subscribe', 'pusher:unsubscribe', 'pusher:signin', 'client-e'),
          fc.string(),
        ),
        channel: field,
        data: fc.oneof(
          field,
          fc.record({ channel: field, auth: field, channel_data: field, user_data: field }),
        ),
      },
      { requiredKeys: [] },
    ),
    fc.jsonValue(),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 20 }), async (messages) => {
      const client = await connectedClient(broker);
      for (const each of messages) client.socket.send(JSON.stringify(each));
      client.socket.close();
      await client.closed;
      checkLog();
    }),
    { numRuns },
  );
});
