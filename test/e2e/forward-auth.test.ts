import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../support/cluster.ts';
import { everywhere, FilteredGateways } from '../support/filtered-gateway.ts';
import { httpServer } from '../support/http-server.ts';
import type { HttpServer } from '../support/http-server.ts';

let gateways: FilteredGateways;
let service: HttpServer;
let decide: (request: IncomingMessage, response: ServerResponse) => void;
let asked: IncomingMessage[];
beforeEach(async () => {
  gateways = await FilteredGateways.start();
  asked = [];
  decide = (_request, response) => void response.end();
  service = await httpServer((request, response) => {
    asked.push(request);
    decide(request, response);
  });
});
afterEach(async () => {
  service.close();
  await gateways.end();
});

const url = () => `${service.url}/check`;
const received = ({ body }: { body: string }) => JSON.parse(body) as Record<string, string>;

describe.each([1, 2])('forward authentication of a gateway with %d workers', (workers) => {
  it('asks the service about each request, and gives the instance what it answers', async () => {
    decide = (_request, response) =>
      void response.writeHead(200, { 'X-Auth-User': 'ann', 'X-Other': '1' }).end('ignored');
    const forwardAuth = {
      url: url(),
      responseHeaders: ['X-Auth-User', 'X-Auth-Role'],
      consumerHeader: 'X-Auth-User',
    };
    const gateway = await gateways.gateway({ workers, forwardAuth, underscoresInHeaders: true });
    const headers = {
      cookie: 'session=1',
      'content-length': '0',
      'x-forwarded-uri': '/forged',
      'x-auth-user': 'root',
      X_Auth_Role: 'admin',
      'x-consumer': 'root',
      connection: 'x-auth-user, close',
    };
    const { status, body } = await ask(`${gateway.url}/v1/x?a=1`, { method: 'POST', headers });
    expect(status).toBe(200);
    const instance = JSON.parse(body) as Record<string, string>;
    expect(instance).toMatchObject({
      'x-auth-user': 'ann',
      'x-consumer': 'ann',
      cookie: 'session=1',
    });
    for (const name of ['x-other', 'x-auth-role', 'x_auth_role'])
      expect(instance).not.toHaveProperty(name);
    expect(asked[0]).toMatchObject({ method: 'GET', url: '/check' });
    expect(asked[0]?.headers).toMatchObject({
      cookie: 'session=1',
      'x-forwarded-method': 'POST',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': gateway.url.replace('http://', ''),
      'x-forwarded-uri': '/v1/x?a=1',
      'x-forwarded-for': '127.0.0.1',
      'x-request-id': expect.stringMatching(/./),
    });
  });

  it('passes a refusal on, such as a redirect to a page to sign in', async () => {
    decide = (_request, response) =>
      void response
        .writeHead(302, { location: 'https://login.example.com/', 'set-cookie': ['a=1', 'b=2'] })
        .end('sign in');
    const gateway = await gateways.gateway({ workers, forwardAuth: { url: url() } });
    expect(await everywhere(`${gateway.url}/v1/x`)).toMatchObject({
      status: 302,
      headers: { location: 'https://login.example.com/', 'set-cookie': ['a=1', 'b=2'] },
      body: 'sign in',
    });
  });
});

it.each([
  ['fails', (response: ServerResponse) => void response.writeHead(500).end('secret stack')],
  ['breaks off', (response: ServerResponse) => void response.destroy()],
  ['does not answer in time', () => {}],
  ['answers without an end', (response: ServerResponse) => void response.write('x'.repeat(70_000))],
])('refuses with 503 when the service %s', async (_what, answer) => {
  decide = (_request, response) => answer(response);
  const forwardAuth = { url: url(), timeoutMs: 300 };
  const gateway = await gateways.gateway({ forwardAuth });
  const logged = gateway.program.nextLine(/does not work .*forwardAuth/);
  const { status, body } = await ask(`${gateway.url}/v1/x`);
  expect(status).toBe(503);
  expect(received({ body })).toMatchObject({ code: 'authentication-unavailable' });
  expect(body).not.toContain('secret');
  await logged;
});

it('sends the service only the headers that are listed', async () => {
  const gateway = await gateways.gateway({
    forwardAuth: { url: url(), requestHeaders: ['Authorization'] },
  });
  await ask(`${gateway.url}/v1/x`, { headers: { authorization: 'Bearer 1', cookie: 'session=1' } });
  expect(asked[0]?.headers).toMatchObject({ authorization: 'Bearer 1' });
  expect(asked[0]?.headers).not.toHaveProperty('cookie');
});

it('recognizes a loop when the service is behind the same gateway', async () => {
  const gateway = await gateways.gateway({});
  await gateways.reload(gateway, { forwardAuth: { url: `${gateway.url}/v1/auth` } });
  expect((await ask(`${gateway.url}/v1/x`)).status).toBe(503);
});

it('uses its connections again, and another when the service has closed one', async () => {
  service.server.keepAliveTimeout = 1;
  const gateway = await gateways.gateway({ forwardAuth: { url: url() } });
  for (let each = 0; each < 20; each++) expect((await ask(`${gateway.url}/v1/x`)).status).toBe(200);
  expect(asked).toHaveLength(20);
});

it('is described by explain, which does not ask the service', async () => {
  const { adminUrl } = await gateways.gateway({ forwardAuth: { url: url() } });
  const explained = (await ask(`${adminUrl}/api/explain?path=/v1/x`)).body;
  expect(JSON.parse(explained)).toMatchObject({
    filters: [{ name: 'forwardAuth', effect: `asks ${url()}` }],
  });
  expect(asked).toHaveLength(0);
});

it.each([
  [{ url: 'ftp://auth' }, /`forwardAuth\.url` is "ftp:\/\/auth"; it must be a URL/],
  [{ url: 'http://user:pass@auth/' }, /`forwardAuth\.url` must be a URL/],
  [
    { url: 'http://auth/', responseHeaders: ['Host'] },
    /`forwardAuth\.responseHeaders\.0`: .*cannot|`forwardAuth\.responseHeaders\.0` cannot/,
  ],
])('%j is refused by the path of its key', async (forwardAuth, message) => {
  expect(await gateways.refusal({ forwardAuth })).toMatch(message);
});
