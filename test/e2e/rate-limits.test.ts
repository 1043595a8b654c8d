import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashApiKey } from '@rollcall/gateway';
import { hasRedis } from '../support/available.ts';
import { ask } from '../support/cluster.ts';
import type { Answer } from '../support/cluster.ts';
import { FilteredGateways } from '../support/filtered-gateway.ts';
import { freePort } from '../support/free-port.js';
import { httpServer } from '../support/http-server.ts';
import type { HttpServer } from '../support/http-server.ts';
import type { RunningProgram } from '../support/processes.ts';

let gateways: FilteredGateways;
beforeEach(async () => {
  gateways = await FilteredGateways.start();
});
afterEach(() => gateways.end());

const consumers = {
  acme: { apiKeys: [hashApiKey('acme-key')] },
  globex: { apiKeys: [hashApiKey('globex-key')] },
};

/** The statuses of so many requests, one after the other, each on a connection of its own. */
async function statuses(url: string, count: number, headers = {}): Promise<number[]> {
  const all: number[] = [];
  for (let each = 0; each < count; each++) all.push((await ask(`${url}/v1/x`, { headers })).status);
  return all;
}

const passed = (all: readonly number[]): number => all.filter((status) => status === 200).length;

describe('a rate limit', () => {
  it('answers 429 with the fields of the IETF draft, counts, and is shown by explain', async () => {
    const rateLimit = { rate: '2/m', by: 'consumer' };
    const routes = { '/v1': { apiKey: { enabled: true }, rateLimit } };
    const gateway = await gateways.gateway({ consumers, routes });
    const { url, adminUrl } = gateway;
    const acme = { 'x-api-key': 'acme-key' };
    const [first, , third] = [
      await ask(`${url}/v1/x`, { headers: acme }),
      await ask(`${url}/v1/x`, { headers: acme }),
      await ask(`${url}/v1/x`, { headers: acme }),
    ];
    const policy = { 'ratelimit-policy': '"default";q=2;w=60' };
    expect(first).toMatchObject({
      status: 200,
      headers: { ...policy, ratelimit: '"default";r=1;t=30' },
    });
    expect(third).toMatchObject({ status: 429, headers: policy });
    expect(Number(third?.headers['retry-after'])).toBeGreaterThan(20);
    expect(JSON.parse(third?.body ?? '')).toMatchObject({
      code: 'rate-limited',
      detail: 'The limit is 2/m for each consumer.',
    });
    expect(await statuses(url, 1, { 'x-api-key': 'globex-key' })).toEqual([200]);
    const metric = 'rollcall_gateway_problems_total{code="rate-limited"} 1';
    expect((await ask(`${adminUrl}/metrics`)).body).toContain(metric);
    const explained = (await ask(`${adminUrl}/api/explain?path=/v1/x&header=x-api-key:acme-key`))
      .body;
    expect(JSON.parse(explained)).toMatchObject({
      verdict: 'to 1 of 1 instances of /v1',
      filters: [{ name: 'apiKey' }, { name: 'rateLimit', effect: 'allows 2/m for each consumer' }],
    });

    // What was counted outlives a change of the configuration.
    await gateways.reload(gateway, {
      consumers,
      routes,
      headers: { response: { set: { 'X-A': '1' } } },
    });
    expect(await statuses(url, 1, acme)).toEqual([429]);
  });

  it('is one for all workers of a gateway, within a burst', async () => {
    const { url } = await gateways.gateway({ workers: 2, rateLimit: { rate: '10/h' } });
    const all: number[] = [];
    // Slow enough that the workers report to each other.
    for (let each = 0; each < 30; each++) {
      all.push(...(await statuses(url, 1)));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(passed(all)).toBeGreaterThanOrEqual(10);
    expect(passed(all)).toBeLessThan(18);
    expect(new Set(all.slice(-5))).toEqual(new Set([429]));
  });

  it.each([
    [{ rate: '10' }, /`rateLimit\.rate` is "10"; it must be requests per second/],
    [{ rate: '10/s', by: 'cookie:a' }, /`rateLimit\.by` is "cookie:a"/],
    [
      { rate: '10/s', store: 'redis' },
      /`rateLimit\.store` is "redis", but `redis\.url` is not set/,
    ],
    [{ burst: 5 }, /`rateLimit` is turned on, but needs `rateLimit\.rate`/],
  ])('%j is refused by the path of its key', async (rateLimit, message) => {
    expect(await gateways.refusal({ rateLimit })).toMatch(message);
  });
});

describe('a limit of concurrency', () => {
  let service: HttpServer;
  let waiting: ServerResponse[];
  beforeEach(async () => {
    waiting = [];
    service = await httpServer((_request, response) => void waiting.push(response));
  });
  afterEach(() => service.close());

  it('answers 429 while a consumer has as many requests in flight', async () => {
    const concurrency = { maxInFlight: 2 };
    const { url, program } = await gateways.gateway({ routes: { '/slow': { concurrency } } });
    const { port } = service;
    await gateways.cluster.publish('register', { prefix: '/slow', address: '127.0.0.1', port });
    await program.line(/route registered .*\/slow/);
    const held: Promise<Answer>[] = [ask(`${url}/slow`), ask(`${url}/slow`)];
    await expect.poll(() => waiting.length).toBe(2);
    expect(await ask(`${url}/slow`)).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1' },
    });
    for (const each of waiting) each.end();
    await Promise.all(held);
    held.push(ask(`${url}/slow`));
    await expect.poll(() => waiting.length).toBe(3);
    waiting[2]?.end();
    expect(await held[2]).toMatchObject({ status: 200 });
  });
});

describe.skipIf(!hasRedis)('a rate limit in Redis', () => {
  let port: number;
  let redis: RunningProgram;
  async function startRedis(): Promise<void> {
    const args = ['--port', String(port), '--save', '', '--requirepass', 'redis-secret'];
    redis = gateways.cluster.programs.file('redis-server', args, {
      PATH: process.env['PATH'] ?? '',
    });
    await redis.line(/Ready to accept connections/);
  }
  beforeEach(async () => {
    port = await freePort();
    await startRedis();
  });

  const settings = (rateLimit: object) => ({
    redis: { url: `redis://:redis-secret@127.0.0.1:${port}` },
    rateLimit: { rate: '10/h', store: 'redis', ...rateLimit },
  });

  it('is one for several gateways, exactly', async () => {
    const one = await gateways.gateway({ workers: 2, ...settings({}) });
    const two = await gateways.gateway(settings({}));
    const all = await Promise.all([statuses(one.url, 10), statuses(two.url, 10)]);
    expect(passed(all.flat())).toBe(10);
    const { headers } = await ask(`${two.url}/v1/x`);
    expect(headers).toMatchObject({ 'ratelimit-policy': '"default";q=10;w=3600' });
    expect(headers['ratelimit']).toMatch(/^"default";r=0;t=\d+$/);
    expect(one.program.output + two.program.output).not.toContain('redis-secret');
  });

  it('keeps what was counted when its rate changes', async () => {
    const gateway = await gateways.gateway(settings({ rate: '5/d' }));
    expect(passed(await statuses(gateway.url, 6))).toBe(5);
    await gateways.reload(gateway, settings({ rate: '7/h' }));
    expect(await statuses(gateway.url, 3)).toEqual([200, 200, 429]);
    await gateways.reload(gateway, settings({ rate: '2/h' }));
    expect(await statuses(gateway.url, 1)).toEqual([429]);
  });

  it('is counted by each gateway while Redis is away, and in Redis again afterwards', async () => {
    const { url, adminUrl, program } = await gateways.gateway(settings({ rate: '5/h' }));
    expect(await statuses(url, 5)).toEqual([200, 200, 200, 200, 200]);
    expect(await statuses(url, 1)).toEqual([429]);
    const logged = program.nextLine(/a service that a filter depends on does not work .*Redis/);
    redis.kill('SIGKILL');
    await redis.ended;
    // Its own count begins anew.
    expect(await statuses(url, 6)).toEqual([200, 200, 200, 200, 200, 429]);
    await logged;
    expect((await ask(`${adminUrl}/metrics`)).body).toMatch(
      /filter_faults_total\{filter="rateLimit"\} [1-9]/,
    );
    await startRedis();
    // Redis has forgotten what it counted.
    await expect.poll(() => statuses(url, 1), { timeout: 10_000 }).toEqual([200]);
    expect(program.output).not.toContain('redis-secret');
  });
});
