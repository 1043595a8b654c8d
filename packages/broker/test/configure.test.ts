import { afterEach, beforeEach, expect, it } from 'vitest';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { connectedClient, RawClient } from './raw-client.ts';
import { APP, server } from './sdk.ts';

const OTHER = { appId: '8', key: 'other-key', secret: 'other-secret' };

let broker: Broker;
beforeEach(async () => {
  broker = await createBroker({ apps: [APP, OTHER] });
});
afterEach(() => broker.close());

const connectTo = ({ key }: { key: string }) => new RawClient(broker, `/app/${key}?protocol=7`);

it('keeps the connections of an app that stays, and uses its new options', async () => {
  const client = await connectedClient(broker);
  await client.subscribe('news');
  expect(await broker.configure({ apps: [{ ...APP, maxConnections: 1 }] })).toEqual([]);
  await server(broker).trigger('news', 'e', 'still there');
  expect(await client.next()).toMatchObject({ event: 'e' });
  expect(await connectTo(APP).closed).toBe(4004);
});

it('closes the connections of an app that is removed with 4001, and of one that is disabled with 4003', async () => {
  const [removed, disabled] = [connectTo(APP), connectTo(OTHER)];
  await Promise.all([removed.next(), disabled.next()]);
  await broker.configure({ apps: [{ ...OTHER, enabled: false }] });
  expect(await removed.closed).toBe(4001);
  expect(await disabled.closed).toBe(4003);
  expect(await connectTo(APP).closed).toBe(4001);
  await expect(server(broker).trigger('news', 'e', 'x')).rejects.toMatchObject({ status: 401 });
});

it('serves a new app, and an app by its new key and secret', async () => {
  const client = await connectedClient(broker);
  const renewed = { ...APP, key: 'new-key', secret: 'new-secret' };
  const added = { appId: '9', key: 'added', secret: 'added-secret' };
  await broker.configure({ apps: [renewed, added] });
  expect(await connectTo(added).next()).toMatchObject({ event: 'pusher:connection_established' });
  expect(await connectTo(renewed).next()).toMatchObject({ event: 'pusher:connection_established' });
  expect(await connectTo(APP).closed).toBe(4001);
  await client.settled();
});

it('changes nothing if the configuration is invalid', async () => {
  const client = await connectedClient(broker);
  const twice = { apps: [{ ...OTHER, appId: '9' }, OTHER] };
  await expect(broker.configure(twice)).rejects.toThrow(/`apps.1.key` is the same as `apps.0.key`/);
  await expect(broker.configure({ apps: [] })).rejects.toThrow(/`apps`/);
  await client.settled();
  expect(await connectTo(APP).next()).toMatchObject({ event: 'pusher:connection_established' });
});

it('names the settings that need a restart', async () => {
  const changed = { apps: [APP], maxSubscriptions: 5, metrics: { port: 0 } };
  expect(await broker.configure(changed)).toEqual([
    'metrics.host',
    'metrics.port',
    'maxSubscriptions',
  ]);
});
