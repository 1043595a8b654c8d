import { describe, expect, it } from 'vitest';
import { RollcallError } from '@rollcall/protocol';
import { resolveConfig } from '../../src/settings/config.ts';
import type { GatewayConfig } from '../../src/settings/config.ts';

describe('configured servers', () => {
  it.each<[object, string]>([
    [
      { routes: { '/v1': { upstreams: ['h2+srv://_a._tcp.b'], upstreamTls: {} } } },
      '`routes./v1.upstreams` needs `upstreamTls`: DNS chooses the names of SRV records, so the certificate has to be for a `serverName` or a `spiffeId`',
    ],
    [{ services: { '/db': {} } }, '`services./db.instances` is missing'],
    [
      { services: { '/db': { instances: [] } } },
      '`services./db.instances` is a list; it must be a list of at least 1 objects',
    ],
    [
      { services: { 'db.example.com/': { instances: [{ url: 'http://a' }] } } },
      '`services.db.example.com/`: the key must be a path prefix such as /v1',
    ],
    [
      { services: { '/db': { instances: [{ url: 'http://a' }, { url: 'http://a:80' }] } } },
      '`services./db.instances.1.url` stands there twice',
    ],
    [
      { services: { '/db': { instances: [{ url: 'http://a', weight: 0 }] } } },
      '`services./db.instances.0.weight` is 0; it must be a whole number from 1 to 100',
    ],
    [
      { services: { '/db': { instances: [{ url: 'http://a', version: 'a\n' }] } } },
      '`services./db.instances.0.version` is "a\\n"; it must be 1 to 255 printable characters',
    ],
    [
      { services: { '/db': { instances: [{ url: 'http://a', tls: { serverName: 'a' } }] } } },
      '`services./db.instances.0.tls` needs a `url` by https or h2',
    ],
    [
      { services: { '/db': { instances: [{ url: 'https://a', tls: {} }] } } },
      '`services./db.instances.0.tls` needs `serverName` or `spiffeId`',
    ],
    [
      { services: { '/db': { instances: [{ url: 'https+srv://_a._tcp.b' }] } } },
      '`services./db.instances.0.tls` is missing: DNS chooses the names of SRV records, so the certificate has to be for a `serverName` or a `spiffeId`',
    ],
  ])('%j are refused with the reason', (config, message) => {
    expect(() => resolveConfig(config as GatewayConfig)).toThrow(
      new RollcallError('ROLLCALL_CONFIG', message),
    );
  });

  it('may stand at the same URL for two prefixes', () => {
    const service = { instances: [{ url: 'http://a' }] };
    const { services } = resolveConfig({ services: { '/a/': service, '/b': service } });
    expect(Object.keys(services)).toEqual(['/a', '/b']);
  });
});
