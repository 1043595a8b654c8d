import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/settings/config.ts';
import type { GatewayConfig } from '../../src/settings/config.ts';
import { configuredServers, instanceAt } from '../../src/upstreams/configured-servers.ts';
import type { Target } from '../../src/upstreams/resolve.ts';

const HERE: Target = { host: 'db.internal', address: '10.0.0.7', port: 8080 };

/** The first server of a configuration, at an address. */
function first(config: GatewayConfig, target: Target = HERE): object {
  const [list] = configuredServers(resolveConfig(config));
  const server = list?.servers[0];
  if (server === undefined) throw new Error('no server');
  return { name: list?.name, ...instanceAt(server, target) };
}

const services = (instance: object): GatewayConfig => ({
  services: { '/db/': { instances: [instance as { readonly url: string }] } },
});

describe('a service of the configuration', () => {
  it('has the fields of an announcement', () => {
    const fields = { name: 'db', version: '1.4.2', zone: 'eu-1a', weight: 10 };
    expect(first(services({ url: 'http://db.internal:8080', ...fields }))).toEqual({
      ...fields,
      source: 'services of the configuration',
      url: 'http://db.internal:8080',
      scheme: 'http',
      address: '10.0.0.7',
      port: 8080,
    });
  });

  it.each([
    [{ path: '/ping' }, { path: '/ping', method: 'GET' }],
    [
      { path: '/ping', method: 'HEAD', host: 'upstream' },
      { path: '/ping', method: 'HEAD', host: 'db.internal:8080' },
    ],
  ])('is probed as configured: %j', (health, check) => {
    const found = first(services({ url: 'http://db.internal:8080', health }));
    expect(found).toMatchObject({ health: check });
  });

  it('has the weight of its SRV record, unless one is configured', () => {
    const url = 'http+srv://_db._tcp.internal';
    const target = { ...HERE, weight: 60 };
    expect(first(services({ url }), target)).toMatchObject({
      weight: 60,
      url: 'http://db.internal:8080',
    });
    expect(first(services({ url, weight: 5 }), target)).toMatchObject({ weight: 5 });
  });

  it('is verified by the name of its URL, and never by a name that SRV records lead to', () => {
    const own = first(services({ url: 'https://db.internal:8080' }));
    expect(own).toMatchObject({ tls: { serverName: 'db.internal' } });
    const tls = { spiffeId: 'spiffe://example.org/db' };
    expect(first(services({ url: 'https+srv://_db._tcp.internal', tls }))).toMatchObject({ tls });
    expect(first(services({ url: 'https+srv://_db._tcp.internal', tls }))).not.toHaveProperty(
      'tls.serverName',
    );
  });
});

describe('upstreams of a route', () => {
  it.each([
    ['client', undefined],
    ['upstream', 'db.internal:8080'],
    ['other.example.net', 'other.example.net'],
  ])('are probed with the Host that requests get: %s', (hostHeader, host) => {
    const route = { upstreams: ['http://db.internal:8080'], health: '/up', hostHeader };
    const health = { path: '/up', method: 'GET', ...(host !== undefined && { host }) };
    expect(first({ routes: { '/v1': route } })).toEqual({
      name: '/v1 (upstreams)',
      url: 'http://db.internal:8080',
      scheme: 'http',
      address: '10.0.0.7',
      port: 8080,
      health,
    });
  });
});
