import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { register, registryFromEnv } from '@rollcall/client';
import type { Registration } from '@rollcall/client';
import { Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';

let cluster: Cluster;
let gateway: RunningGateway;
let server: Server | undefined;
let registration: Registration | undefined;
beforeEach(async () => {
  cluster = await Cluster.start('embedded');
  gateway = await cluster.gateway();
});
afterEach(async () => {
  await registration?.leave();
  server?.closeAllConnections();
  server?.close();
  await cluster.end();
});

/** Starts an instance of /s, and waits until the gateway has it. */
async function instance(listener: (request: IncomingMessage, response: ServerResponse) => void) {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  registration = await register({ prefix: '/s', port, registry: registryFromEnv(cluster.env) });
  await gateway.program.line(/route registered/);
}

it('an instance with one thread makes requests wait during a long one, and fails none', async () => {
  let last = Promise.resolve();
  await instance((request, response) => {
    const takes = request.url === '/slow' ? 5000 : 1;
    last = last.then(
      () =>
        new Promise((resolve) => {
          setTimeout(() => resolve(void response.end('ok')), takes);
        }),
    );
  });
  const statuses = [fetch(`${gateway.url}/s/slow`)];
  for (let second = 0; second < 5; second++) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    statuses.push(fetch(`${gateway.url}/s/fast`));
  }
  for (const answer of await Promise.all(statuses)) expect(answer.status).toBe(200);
  expect(gateway.program.output).not.toMatch(/instance down/);
}, 30_000);

it.each([400, 401, 403, 405, 410, 429, 501])(
  'an instance that answers %d to GET /health, and announces no health path, is sent requests',
  async (status) => {
    let probes = 0;
    await instance((request, response) => {
      if (request.url === '/health') probes++;
      response.writeHead(request.url === '/health' ? status : 200).end();
    });
    await expect.poll(() => probes, { timeout: 5000 }).toBeGreaterThan(1);
    expect((await fetch(`${gateway.url}/s/`)).status).toBe(200);
  },
);

it('the log says what an ill instance answered to a probe', async () => {
  await instance((_request, response) => response.writeHead(500).end());
  await gateway.program.line(/instance down .*GET \/health answered 500/);
});
