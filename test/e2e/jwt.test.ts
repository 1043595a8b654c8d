import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../support/cluster.ts';
import { everywhere, FilteredGateways } from '../support/filtered-gateway.ts';
import { httpServer } from '../support/http-server.ts';
import type { HttpServer } from '../support/http-server.ts';

const ISSUER = 'https://login.example.com/';
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: '1' }] });

let gateways: FilteredGateways;
let issuer: HttpServer;
/** What the issuer responds to a request for its keys. */
let respond: (path: string) => [status: number, headers: Record<string, string>, body: string];
let paths: string[];
beforeEach(async () => {
  gateways = await FilteredGateways.start();
  paths = [];
  respond = () => [200, { 'content-type': 'application/json' }, jwks];
  issuer = await httpServer((request, response) => {
    paths.push(request.url ?? '');
    const [status, headers, body] = respond(request.url ?? '');
    response.writeHead(status, headers).end(body);
  });
});
afterEach(async () => {
  issuer.close();
  await gateways.end();
});

const settings = () => ({ issuer: ISSUER, audience: ['api'], jwksUrl: `${issuer.url}/jwks` });

async function bearer(claims: object = {}) {
  const token = await new SignJWT({ sub: 'ann', scope: 'read', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: '1' })
    .setIssuer(ISSUER)
    .setAudience('api')
    .setExpirationTime('5m')
    .sign(privateKey);
  return { authorization: `Bearer ${token}` };
}

const received = ({ body }: { body: string }) => JSON.parse(body) as Record<string, string>;

describe.each([1, 2])('tokens at a gateway with %d workers', (workers) => {
  it('are verified by the keys of the issuer, which may be away later', async () => {
    const jwt = { ...settings(), scopes: ['read'], forwardClaims: { 'X-Scope': 'scope' } };
    const { url } = await gateways.gateway({ workers, jwt });
    const denied = await everywhere(`${url}/v1/x`);
    expect(denied).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
    const headers = await bearer();
    const forged = { 'X-Consumer': 'root', 'X-Scope': 'admin' };
    const allowed = received(await everywhere(`${url}/v1/x`, { ...headers, ...forged }));
    expect(allowed).toMatchObject({ 'x-consumer': 'ann', 'x-scope': 'read' });
    expect((await everywhere(`${url}/v1/x`, await bearer({ scope: '' }))).status).toBe(403);

    respond = () => [500, {}, ''];
    expect((await everywhere(`${url}/v1/x`, await bearer({ sub: 'bob' }))).status).toBe(200);
    // Each process asks once.
    expect(paths.length).toBeLessThanOrEqual(workers);
  });
});

it('is refused with 503 while the keys were never received, and the log and a metric say why', async () => {
  respond = () => [500, {}, ''];
  const { url, adminUrl, program } = await gateways.gateway({ jwt: settings() });
  const logged = program.nextLine(/a service that a filter depends on does not work .*jwt/);
  expect(await ask(`${url}/v1/x`, { headers: await bearer() })).toMatchObject({ status: 503 });
  await logged;
  const metric = 'rollcall_gateway_filter_faults_total{filter="jwt"} 1';
  expect((await ask(`${adminUrl}/metrics`)).body).toContain(metric);
  const { authorization } = await bearer();
  expect(program.output).not.toContain(authorization.slice(-20));
});

it('does not follow a redirect of the keys to another server', async () => {
  respond = (path) =>
    path === '/jwks' ? [302, { location: `${issuer.url}/other` }, ''] : [200, {}, jwks];
  const { url } = await gateways.gateway({ jwt: settings() });
  expect((await ask(`${url}/v1/x`, { headers: await bearer() })).status).toBe(503);
  expect(paths).toEqual(['/jwks']);
});

it('reads keys of at most 256 KiB', async () => {
  respond = () => [200, {}, `{"keys":[],"padding":"${'x'.repeat(300_000)}"}`];
  const { url } = await gateways.gateway({ jwt: settings() });
  expect((await ask(`${url}/v1/x`, { headers: await bearer() })).status).toBe(503);
});

it('takes keys from a file, and explain verifies a token', async () => {
  const jwksFile = join(gateways.folder, 'jwks.json');
  writeFileSync(jwksFile, jwks);
  const jwt = { issuer: ISSUER, audience: ['api'], jwksFile };
  const { url, adminUrl } = await gateways.gateway({ routes: { '/v1': { jwt } } });
  const { authorization } = await bearer();
  expect((await ask(`${url}/v1/x`, { headers: { authorization } })).status).toBe(200);
  const explain = async (header: string) =>
    JSON.parse(
      (await ask(`${adminUrl}/api/explain?path=/v1/x&header=${encodeURIComponent(header)}`)).body,
    ) as object;
  expect(await explain(`authorization: ${authorization}`)).toMatchObject({
    verdict: 'to 1 of 1 instances of /v1',
    filters: [{ name: 'jwt', effect: `requires a token of ${ISSUER} for api` }],
  });
  expect(await explain('authorization: Bearer a.b.c')).toMatchObject({
    verdict: 'nowhere (401): the filter jwt refuses it: The token is malformed.',
  });
});

it.each([
  [{ issuer: ISSUER }, /`jwt\.audience` is missing: an empty list/],
  [{ issuer: ISSUER, audience: [] }, /`jwt\.jwksUrl` or `jwt\.jwksFile` must be given/],
  [{ issuer: ISSUER, audience: [], jwksUrl: 'file:///etc/passwd' }, /`jwt\.jwksUrl` is/],
  [{ issuer: ISSUER, audience: [], jwksUrl: 'https://a/', algorithms: ['HS256'] }, /algorithms\.0/],
  [{ issuer: ISSUER, audience: [], jwksUrl: 'https://a/', algorithms: ['none'] }, /algorithms\.0/],
  [{ issuer: ISSUER, audience: [], jwksFile: 'no.json' }, /`jwt\.jwksFile` cannot be read/],
])('%j is refused by the path of its key', async (jwt, message) => {
  expect(await gateways.refusal({ jwt })).toMatch(message);
});
