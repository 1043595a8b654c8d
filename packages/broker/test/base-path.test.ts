import { afterEach, beforeEach, expect, it } from 'vitest';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { md5, sign } from './api/signed.ts';
import { RawClient } from './raw-client.ts';
import { APP } from './sdk.ts';

let broker: Broker;
beforeEach(async () => {
  broker = await createBroker({ apps: [APP], path: '/ws/' });
});
afterEach(() => broker.close());

const BODY = JSON.stringify({ name: 'e', channel: 'news', data: '1' });

async function trigger(path: string, signedPath: string): Promise<number> {
  const query = {
    auth_key: APP.key,
    auth_timestamp: String(Math.floor(Date.now() / 1_000)),
    auth_version: '1.0',
    body_md5: md5(BODY),
  };
  const signed = sign({ secret: APP.secret, method: 'POST', path: signedPath, query });
  const url = `${broker.url}${path}?${new URLSearchParams([...signed]).toString()}`;
  return (await fetch(url, { method: 'POST', body: BODY })).status;
}

it.each(['/ws/app/test-key', '/app/test-key'])('clients connect at %s', async (path) => {
  const client = new RawClient(broker, `${path}?protocol=7`);
  expect(await client.next()).toMatchObject({ event: 'pusher:connection_established' });
  client.socket.terminate();
});

it('clients do not connect below another path', async () => {
  expect(await new RawClient(broker, '/wsapp/test-key?protocol=7').closed).toBe(4005);
  expect(await new RawClient(broker, '/other/app/test-key?protocol=7').closed).toBe(4005);
});

it.each([
  ['/ws/apps/7/events', '/ws/apps/7/events'],
  ['/ws/apps/7/events', '/apps/7/events'],
  ['/apps/7/events', '/ws/apps/7/events'],
  ['/apps/7/events', '/apps/7/events'],
])('a request to %s may be signed as %s', async (path, signedPath) => {
  expect(await trigger(path, signedPath)).toBe(200);
});

it('a request may not be signed as another', async () => {
  expect(await trigger('/ws/apps/7/events', '/other/apps/7/events')).toBe(401);
});

it('health is below it too', async () => {
  expect((await fetch(`${broker.url}/ws/up`)).status).toBe(200);
});

it.each(['ws', '/ws?x', '//ws', '/a b'])('%j is no path', async (path) => {
  await expect(createBroker({ apps: [APP], path })).rejects.toThrow(/`path` is/);
});
