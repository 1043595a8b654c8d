import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashApiKey, hashPassword } from '@rollcall/gateway';
import { ask } from '../support/cluster.ts';
import { everywhere, FilteredGateways } from '../support/filtered-gateway.ts';
import { PROGRAMS } from '../support/processes.ts';

let gateways: FilteredGateways;
beforeEach(async () => {
  gateways = await FilteredGateways.start();
});
afterEach(() => gateways.end());

const consumers = {
  acme: { apiKeys: [hashApiKey('acme-key')] },
  globex: { apiKeys: [hashApiKey('globex-key')] },
};

// Not in the turn of this process, in which the instance is.
const curl = promisify(execFile);

const received = ({ body }: { body: string }) => JSON.parse(body) as Record<string, string>;
const KEY = { 'x-api-key': 'acme-key' };

describe.each([1, 2])('the authentication of a gateway with %d workers', (workers) => {
  it('lets consumers call with their key, and no client choose who it is', async () => {
    const routes = { '/v1': { apiKey: { enabled: true } } };
    const gateway = await gateways.gateway({
      workers,
      consumers,
      routes,
      underscoresInHeaders: true,
      accessLog: { to: 'stdout' },
    });
    const { url, adminUrl } = gateway;
    const denied = await everywhere(`${url}/v1/x`);
    expect(denied).toMatchObject({ status: 401, headers: { 'www-authenticate': 'ApiKey' } });
    expect(received(denied)).toMatchObject({ code: 'unauthenticated' });

    const logged = gateway.program.nextLine(/"consumer":"acme"/);
    const forged = { 'X-Consumer': ['root', 'eve'], X_Consumer: 'root', Connection: 'X-Consumer' };
    const allowed = received(await everywhere(`${url}/v1/x`, { ...KEY, ...forged }));
    expect(allowed).toMatchObject({ 'x-consumer': 'acme' });
    expect(allowed).not.toHaveProperty('x_consumer');
    expect(allowed).not.toHaveProperty('x-api-key');
    await logged;

    await expect
      .poll(async () => (await ask(`${adminUrl}/metrics`)).body)
      .toContain('rollcall_gateway_problems_total{code="unauthenticated"} 8');

    // A key that is withdrawn stops working without a restart.
    const { globex } = consumers;
    await gateways.reload(gateway, { workers, consumers: { globex }, routes });
    expect((await everywhere(`${url}/v1/x`, KEY)).status).toBe(401);
    expect((await everywhere(`${url}/v1/x`, { 'x-api-key': 'globex-key' })).status).toBe(200);
  });

  it('lets consumers call with their password', async () => {
    const { url } = await gateways.gateway({
      workers,
      consumers: { ann: { passwords: [await hashPassword('secret')] } },
      basicAuth: { enabled: true, realm: 'Reports' },
    });
    const challenge = 'Basic realm="Reports", charset="UTF-8"';
    const denied = await ask(`${url}/v1/x`);
    expect(denied).toMatchObject({ status: 401, headers: { 'www-authenticate': challenge } });
    const right = url.replace('//', '//ann:secret@');
    const { stdout } = await curl('curl', ['-s', `${right}/v1/x`]);
    expect(JSON.parse(stdout)).toMatchObject({ 'x-consumer': 'ann' });
    const wrong = url.replace('//', '//ann:wrong@');
    const refused = await curl('curl', ['-so', '/dev/null', '-w%{http_code}', `${wrong}/v1/x`]);
    expect(refused.stdout).toBe('401');
  });

  it('lets addresses call that a list names, by the true address behind a trusted proxy', async () => {
    const { url } = await gateways.gateway({
      workers,
      trustedProxies: ['127.0.0.1'],
      ipAccess: { allow: ['198.51.100.0/24'], deny: ['198.51.100.7'] },
    });
    const from = (address: string) => everywhere(`${url}/v1/x`, { 'x-forwarded-for': address });
    expect((await from('198.51.100.1')).status).toBe(200);
    expect((await from('198.51.100.7')).status).toBe(403);
    expect((await from('203.0.113.1, 198.51.100.1')).status).toBe(200);
    expect((await from('198.51.100.1, 203.0.113.1')).status).toBe(403);
    expect((await everywhere(`${url}/v1/x`)).status).toBe(403);
  });
});

it('is shown by explain, with the reason of a refusal and without a secret', async () => {
  const { adminUrl } = await gateways.gateway({
    consumers,
    routes: { '/v1': { apiKey: { enabled: true, consumers: ['acme'] } } },
  });
  const explain = async (header: string) =>
    (await ask(`${adminUrl}/api/explain?path=/v1/x&header=${encodeURIComponent(header)}`)).body;
  expect(JSON.parse(await explain('x-api-key: globex-key'))).toMatchObject({
    status: 403,
    code: 'forbidden',
    verdict:
      'nowhere (403): the filter apiKey refuses it: The consumer globex may not call this route.',
    filters: [{ name: 'apiKey', effect: 'requires an API key in X-API-Key of acme' }],
  });
  const allowed = await explain('x-api-key: acme-key');
  expect(JSON.parse(allowed)).toMatchObject({ verdict: 'to 1 of 1 instances of /v1' });
  expect(allowed).not.toMatch(/sha256|acme-key/);
});

describe('a configuration of authentication', () => {
  it.each([
    [{ consumers: { acme: { apiKeys: ['my-secret'] } } }, /consumers\.acme\.apiKeys\.0` must be/],
    [{ consumers: { 'a:b': {} } }, /`consumers\.a:b`: the key must be a name/],
    [
      { routes: { '/v1': { apiKey: { consumers: ['eve'] } } } },
      /`routes\.\/v1\.apiKey\.consumers\.0` is "eve", which is not in `consumers`/,
    ],
    [{ ipAccess: { allow: ['10.0.0.0/33'] } }, /`ipAccess\.allow\.0` is "10\.0\.0\.0\/33"/],
  ])('%j is refused by the path of its key', async (settings, message) => {
    const output = await gateways.refusal(settings);
    expect(output).toMatch(message);
    expect(output).not.toContain('my-secret');
  });
});

const hash = (args: string[], input?: string): string =>
  execFileSync(process.execPath, [PROGRAMS.cli, 'hash', ...args], {
    encoding: 'utf8',
    input: input ?? '',
  });

describe('rollcall hash', () => {
  it('prints the hash of a key, and makes one', () => {
    expect(hash([], 'acme-key\n')).toBe(`${hashApiKey('acme-key')}\n`);
    const [key = '', hashed] = hash(['--generate']).trim().split('\n');
    expect(key).toMatch(/^[\w-]{32}$/);
    expect(hashed).toBe(hashApiKey(key));
  });

  it('prints the hash of a password, salted', () => {
    const one = hash(['--password'], 'secret');
    expect(one).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$/);
    expect(hash(['--password'], 'secret')).not.toBe(one);
  });

  it('refuses an empty secret', () => {
    expect(() => hash([], '')).toThrow(/standard input is empty/);
  });
});
