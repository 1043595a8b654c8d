import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { register, registryFromEnv } from '@rollcall/client';
import type { RegisterOptions, Registration } from '@rollcall/client';
import { Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';

let cluster: Cluster;
let gateway: RunningGateway;
let servers: Server[];
let registrations: Registration[];
beforeEach(async () => {
  cluster = await Cluster.start();
  gateway = await cluster.gateway();
  servers = [];
  registrations = [];
});
afterEach(async () => {
  await Promise.all(registrations.map((each) => each.leave()));
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await cluster.end();
});

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts an instance, and waits until the gateway has it. */
async function instance(listener: Listener, options: Partial<RegisterOptions> = {}): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const registered = gateway.program.nextLine(/route registered/);
  const registry = registryFromEnv(cluster.env);
  registrations.push(await register({ prefix: '/s', port, registry, ...options }));
  await registered;
}

/** A program with one thread: each request waits for the ones before it, also for the abandoned ones. */
function oneThread(takes: (path: string) => number): Listener {
  let last = Promise.resolve();
  return ({ url = '' }, response) => {
    last = last.then(async () => {
      await delay(takes(url));
      response.end('ok');
    });
  };
}

it('an instance with one thread makes requests wait during a long one, and fails none', async () => {
  await instance(oneThread((path) => (path === '/slow' ? 5000 : 1)));
  const answers = [fetch(`${gateway.url}/s/slow`)];
  for (let second = 0; second < 5; second++) {
    await delay(1000);
    answers.push(fetch(`${gateway.url}/s/fast`));
  }
  for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
  expect(gateway.program.output).not.toMatch(/instance down/);
}, 30_000);

it('an instance with one thread whose health check is slow works on one probe at most', async () => {
  const CHECK_MS = 3000;
  let probes = 0;
  const answer = oneThread((path) => (path === '/up' ? CHECK_MS : 1));
  const health = { path: '/up', method: 'GET' } as const;
  await instance(
    (request, response) => {
      if (request.url === '/up') probes++;
      answer(request, response);
    },
    { health },
  );
  await gateway.program.line(/instance suspected .*GET \/up was not answered in time/);
  for (let second = 0; second < 12; second++) {
    const startedAt = performance.now();
    expect((await fetch(`${gateway.url}/s/`)).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(CHECK_MS + 1000);
    await delay(500);
  }
  // The second one shows that the check is slow, and begins a pause.
  expect(probes).toBe(2);
  expect(gateway.program.output).not.toMatch(/instance down/);
}, 30_000);

it('an instance that answers 429 to more than 60 requests a minute has enough left for its clients', async () => {
  let left = 0;
  // As 60 a minute, but a test does not have a minute.
  const refill = setInterval(() => (left = 5), 5000);
  onTestFinished(() => clearInterval(refill));
  let refused = 0;
  await instance((_request, response) => {
    if (--left < 0) refused++;
    response.writeHead(left < 0 ? 429 : 200).end();
  });
  await delay(5000);
  refused = 0;
  for (let count = 0; count < 5; count++) {
    await delay(2000);
    expect((await fetch(`${gateway.url}/s/`)).status).toBe(200);
  }
  expect(refused).toBe(0);
  expect(gateway.program.output).not.toMatch(/instance (down|suspected)/);
}, 30_000);

it('an instance that announces no health path may answer GET /health with anything but a 5xx other than 501', async () => {
  const statuses = [302, 400, 401, 403, 404, 405, 410, 429, 501];
  const asked = new Map(statuses.map((status) => [status, 0]));
  for (const status of statuses) {
    await instance(
      ({ url }, response) => {
        if (url === '/health') asked.set(status, (asked.get(status) ?? 0) + 1);
        response.writeHead(url === '/health' ? status : 200).end();
      },
      { prefix: `/s${status}` },
    );
  }
  await expect.poll(() => Math.min(...asked.values()), { timeout: 10_000 }).toBeGreaterThan(1);
  for (const status of statuses)
    expect([status, (await fetch(`${gateway.url}/s${status}/`)).status]).toEqual([status, 200]);
  expect(gateway.program.output).not.toMatch(/instance (down|suspected)/);
}, 30_000);

it('an instance that answers certain hosts only is probed with the Host that it announces', async () => {
  const health = { path: '/up', method: 'GET', host: 'example.com' } as const;
  let probes = 0;
  await instance(
    ({ url, headers }, response) => {
      if (url === '/up') probes++;
      response.writeHead(url !== '/up' || headers.host === 'example.com' ? 200 : 400).end();
    },
    { health },
  );
  await expect.poll(() => probes, { timeout: 10_000 }).toBeGreaterThan(1);
  expect((await fetch(`${gateway.url}/s/`)).status).toBe(200);
  expect(gateway.program.output).not.toMatch(/instance (down|suspected)/);
});

it('the log says what an ill instance answered to a probe', async () => {
  await instance((_request, response) => response.writeHead(500).end());
  await gateway.program.line(/instance down .*GET \/health answered 500/);
});
