import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, Cluster } from '../support/cluster.ts';
import type { Answer, RunningGateway } from '../support/cluster.ts';
import { httpServer } from '../support/http-server.ts';
import type { HttpServer } from '../support/http-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-filters-'));
const file = join(folder, 'rollcall.json');
const APP = 'https://app.example.com';

let cluster: Cluster;
let service: HttpServer;
beforeEach(async () => {
  cluster = await Cluster.start();
  service = await httpServer((request, response) => {
    response.setHeader('server', 'echo');
    response.setHeader('access-control-allow-origin', '*');
    response.end(JSON.stringify({ method: request.method, ...request.headers }));
  });
});
afterEach(async () => {
  service.close();
  await cluster.end();
  rmSync(file, { force: true });
});

/** A gateway with these settings, and an instance of /v1 that responds with the fields that it receives. */
async function start(settings: object): Promise<RunningGateway> {
  writeFileSync(file, JSON.stringify(settings));
  const gateway = await cluster.gateway(['--config', file, '--snapshot', 'none']);
  const { port } = service;
  await cluster.publish('register', { prefix: '/v1', address: '127.0.0.1', port });
  await gateway.program.line(/route registered/);
  return gateway;
}

async function reload({ program }: RunningGateway, settings: object): Promise<void> {
  writeFileSync(file, JSON.stringify(settings));
  const read = program.nextLine(/reloaded configuration/);
  program.kill('SIGHUP');
  await read;
}

/** Sends the same request on many connections, so that each worker gets some: all must get the same response. */
async function everywhere(url: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  const all = await Promise.all(Array.from({ length: 12 }, () => ask(url, options)));
  const [first, ...others] = all;
  if (first === undefined) throw new Error('there is no response');
  for (const other of others) expect(other.status).toBe(first.status);
  return first;
}

const preflight = (origin: string) => ({
  method: 'OPTIONS',
  headers: { origin, 'access-control-request-method': 'PUT' },
});

describe.each([1, 2])('the filters of a gateway with %d workers', (workers) => {
  it('answer preflights, and mark responses for the allowed origins', async () => {
    const cors = { origins: [APP], methods: ['PUT'], credentials: true, maxAge: 60 };
    const { url, adminUrl } = await start({ workers, cors });
    const allowed = await everywhere(`${url}/v1/x`, preflight(APP));
    expect(allowed.status).toBe(204);
    expect(allowed.headers).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'PUT',
      'access-control-max-age': '60',
    });
    const other = await everywhere(`${url}/v1/x`, preflight('https://evil.example'));
    expect(other.status).toBe(204);
    expect(other.headers).not.toHaveProperty('access-control-allow-origin');

    const response = await everywhere(`${url}/v1/x`, { headers: { origin: APP } });
    expect(response.headers).toMatchObject({ 'access-control-allow-origin': APP, vary: 'Origin' });
    const foreign = await everywhere(`${url}/v1/x`, {
      headers: { origin: 'https://evil.example' },
    });
    expect(foreign.headers).not.toHaveProperty('access-control-allow-origin');
    // The gateway's own problems too, so that the page can read them.
    const unknown = await everywhere(`${url}/none`, { headers: { origin: APP } });
    expect(unknown).toMatchObject({ status: 404, headers: { 'access-control-allow-origin': APP } });

    const metric = 'rollcall_gateway_filter_responses_total{route="/v1",filter="cors"} 24';
    await expect.poll(async () => (await ask(`${adminUrl}/metrics`)).body).toContain(metric);
    const { filters } = JSON.parse((await ask(`${adminUrl}/api/explain?path=/v1/x`)).body) as {
      filters: object[];
    };
    expect(filters).toEqual([
      { name: 'cors', effect: `answers preflights; allows ${APP} with credentials, PUT` },
    ]);
  });

  it('change header fields of requests and responses, also of the gateway’s own', async () => {
    const headers = {
      request: { remove: ['X-Debug'], set: { 'X-Env': 'prod' } },
      response: { remove: ['Server'], set: { 'X-Frame-Options': 'DENY' } },
    };
    const { url } = await start({ workers, headers });
    const sent = { headers: { 'x-debug': '1', 'x-env': 'test' } };
    const response = await everywhere(`${url}/v1/x`, sent);
    const received = JSON.parse(response.body) as Record<string, string>;
    expect(received).toMatchObject({ 'x-env': 'prod' });
    expect(received).not.toHaveProperty('x-debug');
    expect(response.headers).toMatchObject({ 'x-frame-options': 'DENY' });
    expect(response.headers).not.toHaveProperty('server');
    const unknown = await everywhere(`${url}/none`);
    expect(unknown).toMatchObject({ status: 404, headers: { 'x-frame-options': 'DENY' } });
  });

  it('redirect, also where no service is, and as the configuration says now', async () => {
    const routes = { '/old': { redirect: { path: { prefix: '/old', replacement: '/v1' } } } };
    const gateway = await start({ workers, routes });
    const { url } = gateway;
    const moved = await everywhere(`${url}/old/x?a=1`);
    expect(moved).toMatchObject({ status: 302, headers: { location: '/v1/x?a=1' } });
    expect((await everywhere(`${url}/v1/x`)).status).toBe(200);

    await reload(gateway, { workers, redirect: { scheme: 'https', status: 308 } });
    expect((await everywhere(`${url}/old/x`)).status).toBe(404);
    const secure = await everywhere(`${url}/v1/x?a=1`, { headers: { host: 'localhost:80' } });
    expect(secure.headers.location).toBe('https://localhost/v1/x?a=1');
    expect(secure.status).toBe(308);

    await reload(gateway, {
      workers,
      redirect: { scheme: 'https' },
      routes: { '/v1': { redirect: { enabled: false } } },
    });
    expect((await everywhere(`${url}/v1/x`)).status).toBe(200);
  });
});

describe('a configuration of filters', () => {
  it.each([
    [{ cors: { origins: ['*'], credentials: true } }, /`cors\.credentials` cannot be used with/],
    [
      { routes: { '/v1': { cors: { origins: ['app.example.com'] } } } },
      /`routes\.\/v1\.cors\.origins\.0` is "app\.example\.com"; it must be an origin/,
    ],
    [{ headers: { response: { set: { 'X-A': 'a\r\nX-B: b' } } } }, /`headers\.response\.set\.X-A`/],
    [{ headers: { request: { set: { Host: 'x' } } } }, /`headers\.request\.set\.Host`: .* cannot/],
    [{ redirect: { status: 303 } }, /`redirect\.status` is 303; it must be 301, 302, 307 or 308/],
    [
      { redirect: { path: { regex: '/(a+)+', replacement: '/b' } } },
      /`redirect\.path\.regex` repeats a group/,
    ],
    [{ redirect: { path: { prefix: '/a' } } }, /`redirect\.path\.replacement` is missing/],
  ])('%j is refused by the path of its key', async (settings, message) => {
    writeFileSync(file, JSON.stringify(settings));
    const program = cluster.cli(['gateway', '--port', '0', '--config', file]);
    await program.ended;
    expect(program.output).toMatch(message);
  });
});
