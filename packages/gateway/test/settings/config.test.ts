import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LIMITS } from '@rollcall/proxy';
import { DEFAULT_PROBE_RULES, DEFAULT_TABLE_LIMITS } from '@rollcall/protocol';
import { defaultsOf } from '@rollcall/runtime/settings';
import { resolveConfig } from '../../src/settings/config.ts';
import type { GatewayConfig } from '../../src/settings/config.ts';
import { GATEWAY_SETTINGS } from '../../src/settings/table.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const mistake = (message: string): Error =>
  expect.objectContaining({ code: 'ROLLCALL_CONFIG', message }) as Error;

const KEY = `sha256:${'a'.repeat(64)}`;
const OTHER_KEY = `sha256:${'b'.repeat(64)}`;

describe('the table of a gateway', () => {
  it('has a setting for each limit of the proxy, and each rule of probes and of the table, with their defaults', () => {
    const { limits, probes, table } = defaultsOf(GATEWAY_SETTINGS);
    expect(limits).toEqual(LIMITS);
    expect(probes).toEqual(DEFAULT_PROBE_RULES);
    expect(table).toEqual(DEFAULT_TABLE_LIMITS);
  });
});

describe('a configuration', () => {
  it('is completed with the defaults', () => {
    expect(resolveConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 1500,
      workers: 1,
      strip: true,
      balancing: { policy: 'round-robin', hashBy: 'address' },
      accessLog: { to: 'off', sample: 1, includeQuery: false },
      routes: {},
    });
  });

  it('has routes by canonical prefix', () => {
    const { routes } = resolveConfig({ routes: { '/v1/': { strip: false } } });
    expect(routes).toEqual({ '/v1': { strip: false } });
  });

  it('has the admin token of the file, if there is one', () => {
    const adminTokenFile = join(folder, 'token');
    writeFileSync(adminTokenFile, '0123456789abcdef\n');
    const config = { adminTokenFile, adminToken: 'fedcba9876543210', adminHost: '0.0.0.0' };
    expect(resolveConfig(config).adminToken).toBe('0123456789abcdef');
  });

  it.each<[GatewayConfig, string]>([
    [
      { host: 'example.com' },
      '`host` is "example.com"; it must be an IP address such as 127.0.0.1 or 0.0.0.0',
    ],
    [
      { host: '224.0.0.1' },
      '`host` is "224.0.0.1"; it must be an IP address such as 127.0.0.1 or 0.0.0.0',
    ],
    [
      { domain: 'http://x' },
      '`domain` is "http://x"; it must be hosts separated by commas, such as api.example.com or localhost:1500, or * for every host',
    ],
    [
      { allow: ['x'] },
      '`allow.0` is "x"; it must be an address range such as 10.0.0.0/8 or fd00::/8',
    ],
    [
      { trustedProxies: ['10.0.0.0/33'] },
      '`trustedProxies.0` is "10.0.0.0/33"; it must be an address range such as 10.0.0.0/8 or fd00::/8',
    ],
    [
      { balancing: { hashBy: 'query:x' } },
      '`balancing.hashBy` is "query:x"; it must be "address", "header:NAME" or "cookie:NAME"',
    ],
    [
      { routes: { v1: {} } },
      '`routes.v1`: the key must be a path prefix such as /v1, or a host and a prefix such as api.example.com/v1 or *.example.com/',
    ],
    [
      { routes: { '/v1': { upstreams: ['10.0.0.5:80'] } } },
      '`routes./v1.upstreams.0` is "10.0.0.5:80"; it must be a URL of scheme (http, https, h2c or h2), host and port, such as http://10.0.0.5:8080, or of SRV records, such as http+srv://_api._tcp.example.com',
    ],
    [
      { versions: { pinBy: 'address' } },
      '`versions.pinBy` is "address"; it must be "header:NAME" or "cookie:NAME"',
    ],
    [
      { versions: { shares: [{ version: '1.4', weight: -1 }] } },
      '`versions.shares.0.weight` is -1; it must be a whole number from 0 to 1000000',
    ],
    [
      {
        consumers: {
          acme: { apiKeys: [KEY] },
          globex: { apiKeys: [OTHER_KEY, KEY.toUpperCase().replace('SHA', 'sha')] },
        },
      },
      '`consumers.globex.apiKeys.1` is one of the consumer acme, too',
    ],
    [
      { consumers: { acme: { certificates: ['CN=a'] }, globex: { certificates: ['CN=a'] } } },
      '`consumers.globex.certificates.0` is one of the consumer acme, too',
    ],
    [
      { versions: { shares: [{ version: '1.4', weight: 0 }] } },
      '`versions.shares` needs a weight above 0',
    ],
    [
      {
        routes: {
          '/v1': {
            versions: {
              shares: [
                { version: '1.4', weight: 1 },
                { version: '1.4', weight: 2 },
              ],
            },
          },
        },
      },
      '`routes./v1.versions.shares` names 1.4 twice',
    ],
    [
      { routes: { '/v1': { versions: { mirror: { share: 0.1 } } } } },
      '`routes./v1.versions.mirror` needs `versions.mirror.version`',
    ],
    [
      { versions: { mirror: { version: '1.5', share: 10 } } },
      '`versions.mirror.share` is 10; it must be a number from 0 to 1',
    ],
    [
      {
        versions: {
          shares: [
            { version: '1.4', weight: 0 },
            { version: '1.5', weight: 1 },
          ],
        },
        routes: {
          '/v1': {
            cases: [{ when: { methods: ['GET'] }, versions: { mirror: { version: '1.5' } } }],
          },
        },
      },
      '`routes./v1.cases.0.versions.mirror.version` receives all requests itself, by `shares`',
    ],
    [{ routes: { 'a.com/': { upstreams: [] } } }, '`routes.a.com/.upstreams` is empty'],
    [
      { routes: { '/v1': { service: '/v2', upstreams: ['http://10.0.0.5'] } } },
      '`routes./v1.upstreams` cannot be used with `service`',
    ],
    [
      { routes: { '/v1': { health: '/up' } } },
      '`routes./v1.health` needs `upstreams`: announced instances announce their own',
    ],
    [
      { routes: { '/v1': { cases: [{ service: '/v2' }] } } },
      '`routes./v1.cases.0.when` needs `methods`, `headers` or `query`',
    ],
    [
      {
        routes: { '/v1': { cases: [{ when: { methods: ['POST'] }, redirect: { status: 300 } }] } },
      },
      '`routes./v1.cases.0.redirect.status` is 300; it must be a whole number from 301 to 308',
    ],
    [
      { routes: { '/v1': { rewrite: { prefix: '/a' } } } },
      '`routes./v1.rewrite.replacement` is missing',
    ],
    [
      { routes: { '/v1': { cases: [{ when: { query: { v: '2' } }, rewrite: { regex: '/a' } }] } } },
      '`routes./v1.cases.0.rewrite.replacement` is missing',
    ],
    [
      { dnsDomain: 'a..b' },
      '`dnsDomain` is "a..b"; it must be a name such as rollcall or svc.example.org',
    ],
    [
      { adminToken: 's3cret' },
      '`adminToken` is invalid; it must be at least 16 of A-Z a-z 0-9 . _ ~ + / = -, such as the output of "openssl rand -hex 32", and no placeholder',
    ],
    [
      { adminToken: 'set-this-to-something-random' },
      '`adminToken` is invalid; it must be at least 16 of A-Z a-z 0-9 . _ ~ + / = -, such as the output of "openssl rand -hex 32", and no placeholder',
    ],
    [
      { adminHost: '0.0.0.0' },
      'the admin API at 0.0.0.0 would be open to others: set ROLLCALL_ADMIN_TOKEN, --admin-token-file or `adminTokens`',
    ],
  ])('%j is refused with the reason', (config, message) => {
    expect(() => resolveConfig(config)).toThrow(mistake(message));
  });

  it.each([
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'TE',
    'Host',
    'Upgrade',
    'Expect',
    'X-Forwarded-For',
    'Proxy-Authorization',
    'Proxy',
    'no header',
  ])('that looks for API keys in %s is refused by its key', (header) => {
    expect(() => resolveConfig({ apiKey: { header } })).toThrow(/^`apiKey\.header` (?:cannot|is)/);
  });

  it.each(['Authorization', 'X-API-Key', 'X-Forwarded-Key', 'constructor'])(
    'may look for API keys in %s',
    (header) => {
      expect(resolveConfig({ apiKey: { header } }).apiKey.header).toBe(header);
    },
  );

  it('in which a service answers with a field of the connection is refused by its key', () => {
    const forwardAuth = { url: 'http://auth/', responseHeaders: ['X-User', 'Expect'] };
    expect(() => resolveConfig({ forwardAuth })).toThrow(
      /^`forwardAuth\.responseHeaders\.1` cannot/,
    );
  });

  it('that names an admin token file with invalid content is refused', () => {
    const adminTokenFile = join(folder, 'short');
    writeFileSync(adminTokenFile, 's3cret');
    expect(() => resolveConfig({ adminTokenFile })).toThrow(
      /short: `adminToken` is invalid; it must/,
    );
    expect(() => resolveConfig({ adminTokenFile: '/none' })).toThrow(
      mistake('cannot read /none (ENOENT)'),
    );
  });

  it('accepts a zone in any case, with a trailing dot', () => {
    expect(resolveConfig({ dnsDomain: 'Svc.Example.ORG.' }).dnsDomain).toBe('svc.example.org');
  });

  it.each(['', '.', '-a', 'a b', 'ä', 'a/b', 'a'.repeat(64), 'ab.'.repeat(60)])(
    'does not accept the zone %j',
    (dnsDomain) => {
      expect(() => resolveConfig({ dnsDomain })).toThrow(/`dnsDomain` is .*; it must be a name/);
    },
  );
});

describe('a filter that is turned on without what it works by', () => {
  it.each([
    ['jwt', { jwt: true }, '`jwt.issuer`'],
    ['jwt', { jwt: { enabled: true } }, '`jwt.issuer`'],
    ['forwardAuth', { forwardAuth: true }, '`forwardAuth.url`'],
    ['rateLimit', { rateLimit: { enabled: true, by: 'consumer' } }, '`rateLimit.rate`'],
    ['concurrency', { concurrency: true }, '`concurrency.maxInFlight`'],
    ['ipAccess', { ipAccess: { enabled: true, allow: [] } }, '`ipAccess.allow` or `ipAccess.deny`'],
    ['ipAccess', { ipAccess: { allow: [] } }, '`ipAccess.allow` or `ipAccess.deny`'],
    ['ipAccess', { ipAccess: {} }, '`ipAccess.allow` or `ipAccess.deny`'],
    ['rateLimit', { rateLimit: { by: 'consumer' } }, '`rateLimit.rate`'],
    ['rateLimit', { rateLimit: { burst: 5 } }, '`rateLimit.rate`'],
    ['concurrency', { concurrency: { by: 'route' } }, '`concurrency.maxInFlight`'],
    ['forwardAuth', { forwardAuth: { responseHeaders: ['X-User'] } }, '`forwardAuth.url`'],
    ['jwt', { jwt: { scopes: ['read'] } }, '`jwt.issuer`'],
  ] satisfies [string, GatewayConfig, string][])('is refused: %s by %j', (key, config, needed) => {
    const problem = `is turned on, but needs ${needed}`;
    const cases = [{ when: { methods: ['GET'] }, ...config }];
    expect(() => resolveConfig(config)).toThrow(mistake(`\`${key}\` ${problem}`));
    expect(() => resolveConfig({ routes: { '/v1': config } })).toThrow(
      mistake(`\`routes./v1.${key}\` ${problem}`),
    );
    expect(() => resolveConfig({ routes: { '/v1': { cases } } })).toThrow(
      mistake(`\`routes./v1.cases.0.${key}\` ${problem}`),
    );
  });

  it('is valid if the settings for all or an entry around the route have it', () => {
    const rateLimit = { rate: '5/m' };
    const on = { rateLimit: true };
    resolveConfig({ rateLimit, routes: { '/v1': on } });
    resolveConfig({ routes: { '/v1': { rateLimit }, '/v1/admin': on } });
  });

  it('is valid if it is turned off, or prepared for a route or a case that has it', () => {
    resolveConfig({ jwt: false, ipAccess: { enabled: false }, rateLimit: { enabled: false } });
    const rateLimit = { by: 'consumer' };
    const limited = { rateLimit: { rate: '5/m' } };
    resolveConfig({ rateLimit, routes: { '/v1': limited } });
    resolveConfig({ routes: { '/v1': { rateLimit }, '/v1/admin': limited } });
    const cases = [{ when: { methods: ['POST'] }, ...limited }];
    resolveConfig({ routes: { '/v1': { rateLimit, cases } } });
  });

  it('is refused if only another route has it', () => {
    const routes = {
      '/v1': { rateLimit: { by: 'consumer' } },
      '/v2': { rateLimit: { rate: '5/m' } },
    };
    expect(() => resolveConfig({ routes })).toThrow(
      mistake('`routes./v1.rateLimit` is turned on, but needs `rateLimit.rate`'),
    );
  });

  it('is refused if the settings for all have turned it off', () => {
    const off = { rateLimit: { enabled: false, rate: '5/m' } };
    const problem = mistake(
      '`routes./v1.rateLimit` is off by the settings above it: set `rateLimit.enabled`',
    );
    expect(() => resolveConfig({ ...off, routes: { '/v1': { rateLimit: { burst: 2 } } } })).toThrow(
      problem,
    );
    resolveConfig({ ...off, routes: { '/v1': { rateLimit: true }, '/v2': { rateLimit: false } } });
  });
});
