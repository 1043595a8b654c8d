import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { catalogOf, LiveTable } from '../../packages/gateway/test/catalog/live-table.ts';
import { serve } from '../../packages/gateway/test/catalog/serve.ts';
import { hasPrometheus } from '../support/available.ts';

import { blockOf, Scratch } from '../support/document.ts';
import { Programs } from '../support/processes.ts';
import { freePort } from '../support/free-port.js';

const programs = new Programs();
const scratch = new Scratch();
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  await programs.endAll();
  scratch.clear();
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Starts an instance that exposes one metric, its port. */
async function startInstance(): Promise<number> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(`served_by ${(server.address() as AddressInfo).port}\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Starts Prometheus with the documented configuration, and returns its URL. */
async function startPrometheus(adminPort: number): Promise<string> {
  const example = blockOf('docs/reference/integrations.md', 'yaml', 'http_sd_configs');
  const everySecond = 'global: { scrape_interval: 1s }\n';
  const content = everySecond + example.replace(':1501', `:${adminPort}`);
  const config = scratch.file('prometheus.yml', content);
  const address = `127.0.0.1:${await freePort()}`;
  const program = programs.file('prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${dirname(config)}/data`,
    `--web.listen-address=${address}`,
  ]);
  await program.line(/Server is ready/);
  return `http://${address}`;
}

interface Sample {
  readonly metric: Record<string, string>;
  readonly value: [number, string];
}

async function query(url: string, expression: string): Promise<Sample[]> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const { data } = (await response.json()) as { data: { result: Sample[] } };
  return data.result;
}

// Prometheus reads targets only five seconds after its start.
describe.skipIf(!hasPrometheus)('Prometheus (apt-get install prometheus)', () => {
  it('scrapes every instance, and marks those that are down', async () => {
    const table = new LiveTable();
    const service = { prefix: '/shop/cart', address: '127.0.0.1' };
    const [one, two, gone] = [await startInstance(), await startInstance(), await freePort()];
    table.say('one', { ...service, port: one });
    table.say('two', { ...service, port: two });
    table.say('gone', { ...service, port: gone });
    table.probed('gone', 'refused');
    const served = await serve(catalogOf(table, Date.now));
    cleanups.push(served.close);

    const url = await startPrometheus(served.port);
    const up = async () =>
      (await query(url, 'up{service="shop-cart"}'))
        .map(({ metric, value }) => `${metric['id']} ${metric['instance']} ${value[1]}`)
        .toSorted();
    await expect
      .poll(up, { timeout: 20_000, interval: 200 })
      .toEqual([`gone 127.0.0.1:${gone} 0`, `one 127.0.0.1:${one} 1`, `two 127.0.0.1:${two} 1`]);
    const values = (await query(url, 'served_by')).map(({ value }) => Number(value[1]));
    expect(new Set(values)).toEqual(new Set([one, two]));
  });
});
