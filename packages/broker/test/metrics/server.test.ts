import { afterEach, beforeEach, expect, it } from 'vitest';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { connectedClient } from '../raw-client.ts';
import { APP, server } from '../sdk.ts';
import { freePort } from '../../../../test/support/free-port.js';

let broker: Broker;
beforeEach(async () => {
  broker = await createBroker({ apps: [APP], metrics: { port: 0 } });
});
afterEach(async () => {
  await broker.close();
});

async function metrics(): Promise<Map<string, number>> {
  const response = await fetch(`${broker.metricsUrl}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split('\n').filter((line) => /^[^#]/.test(line));
  return new Map(
    lines.map((line) => {
      const [name = '', value = ''] = line.split(' ');
      return [name, Number(value)];
    }),
  );
}

it('has the metrics of each app', async () => {
  const [one, two] = [await connectedClient(broker), await connectedClient(broker)];
  await one.subscribe('news');
  await two.subscribe('news');
  await server(broker).trigger(['news', 'unoccupied'], 'e', {});
  const found = await metrics();
  expect([...found].filter(([name]) => name.startsWith('rollcall_'))).toEqual([
    ['rollcall_broker_connections{app="7"}', 2],
    ['rollcall_broker_channels{app="7"}', 1],
    ['rollcall_broker_users{app="7"}', 0],
    ['rollcall_broker_connections_opened_total{app="7"}', 2],
    ['rollcall_broker_publications_total{app="7"}', 2],
    ['rollcall_broker_client_events_total{app="7"}', 0],
    ['rollcall_broker_deliveries_total{app="7"}', 2],
    ['rollcall_broker_slow_consumers_total{app="7"}', 0],
    ['rollcall_broker_webhook_events_sent_total{app="7"}', 0],
    ['rollcall_broker_webhook_events_dropped_total{app="7"}', 0],
  ]);
  expect(found.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  await one.kill();
  await two.kill();
  await expect
    .poll(async () => (await metrics()).get('rollcall_broker_connections{app="7"}'))
    .toBe(0);
});

it('are served at their own port only', async () => {
  expect((await fetch(`${broker.url}/metrics`)).status).toBe(404);
  expect((await fetch(`${broker.metricsUrl}/up`)).status).toBe(404);
});

it('are not served if the broker cannot listen', async () => {
  const options = { apps: [APP], metrics: { port: await freePort() } };
  await expect(createBroker({ ...options, port: broker.port })).rejects.toMatchObject({
    code: 'ROLLCALL_PORT_TAKEN',
  });
  const other = await createBroker(options);
  await other.close();
});
