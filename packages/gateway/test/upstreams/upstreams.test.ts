import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConfiguredInstance } from '@rollcall/client';
import { silentLogger } from '@rollcall/runtime';
import type { HealthCheck } from '@rollcall/protocol';
import { Upstreams } from '../../src/upstreams/upstreams.ts';

const UP: HealthCheck = { path: '/up', method: 'GET' };

/** Upstreams whose names have the addresses that the test says, and the table that they make. */
function setup() {
  const table = new Map<string, readonly ConfiguredInstance[]>();
  const addresses = new Map<string, readonly string[]>();
  let entered = 0;
  const logged: string[] = [];
  const note = (_fields: unknown, message: string) => void logged.push(message);
  const refused = new Map<string, string>();
  const upstreams = new Upstreams({
    policy: (address, port) => refused.get(`${address} ${port}`),
    directory: {
      configure(name, instances) {
        table.set(name, instances);
        entered += instances.length;
      },
    },
    logger: { ...silentLogger, warn: note, info: note } as never,
    async resolve({ host, port = 1 }) {
      const found = addresses.get(host);
      if (found === undefined) throw new Error(`ENOTFOUND ${host}`);
      return { targets: found.map((address) => ({ host, address, port })), validMs: 1000 };
    },
  });
  const configure = (urls: readonly string[], name = 'a', health?: HealthCheck) =>
    upstreams.configure([{ name, servers: urls.map((url) => ({ url, health })) }], () => {});
  const endpoints = (name = 'a') =>
    table.get(name)?.map(({ scheme, address, port }) => `${scheme} ${address} ${port}`);
  return {
    upstreams,
    table,
    addresses,
    refused,
    logged,
    configure,
    endpoints,
    /** How many instances were entered, each as often as it was. */
    entered: () => entered,
  };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('configured upstreams', () => {
  it('are in the table at once if they are addresses', () => {
    const { configure, endpoints, table } = setup();
    configure(['http://10.0.0.5:8080', 'https://[fd00::1]:443'], 'a', UP);
    expect(endpoints()).toEqual(['http 10.0.0.5 8080', 'https fd00::1 443']);
    expect(table.get('a')).toMatchObject([
      { url: 'http://10.0.0.5:8080', health: { path: '/up', method: 'GET' } },
      { url: 'https://[fd00::1]:443' },
    ]);
  });

  it('have an instance for each address of a name, and follow it', async () => {
    const { upstreams, configure, endpoints, addresses } = setup();
    addresses.set('files.internal', ['10.0.0.1', '10.0.0.2']);
    configure(['http://files.internal:80', 'http://10.0.0.9:80']);
    await upstreams.ready(100);
    expect(endpoints()).toEqual(['http 10.0.0.1 80', 'http 10.0.0.2 80', 'http 10.0.0.9 80']);
    addresses.set('files.internal', ['10.0.0.3']);
    await vi.advanceTimersByTimeAsync(1001);
    expect(endpoints()).toEqual(['http 10.0.0.3 80', 'http 10.0.0.9 80']);
  });

  it('are entered together if their names are resolved together: each entered all servers of the service', async () => {
    const { upstreams, configure, endpoints, addresses, entered } = setup();
    const urls = Array.from({ length: 100 }, (_, index) => {
      addresses.set(`n${index}.internal`, [`10.0.0.${index}`]);
      return `http://n${index}.internal:80`;
    });
    configure(urls);
    await upstreams.ready(100);
    expect(endpoints()).toHaveLength(100);
    expect(entered()).toBeLessThan(10 * urls.length);
  });

  it('are not used at an address that is refused, and the log says so once', async () => {
    const { upstreams, configure, endpoints, addresses, refused, logged } = setup();
    refused.set('10.0.0.1 80', 'it is in a denied range');
    addresses.set('files.internal', ['10.0.0.2']);
    configure(['http://files.internal:80', 'http://10.0.0.1:80', 'http://10.0.0.1:81']);
    await upstreams.ready(100);
    expect(endpoints()).toEqual(['http 10.0.0.2 80', 'http 10.0.0.1 81']);
    addresses.set('files.internal', ['10.0.0.1', '10.0.0.3']);
    await vi.advanceTimersByTimeAsync(3000);
    expect(endpoints()).toEqual(['http 10.0.0.3 80', 'http 10.0.0.1 81']);
    const message = 'refused an upstream';
    expect(logged).toEqual([message, message]);
  });

  it('keep the last addresses of a name that cannot be resolved, and say so once', async () => {
    const { upstreams, configure, endpoints, addresses, logged } = setup();
    addresses.set('files.internal', ['10.0.0.1']);
    configure(['http://files.internal:80']);
    await upstreams.ready(100);
    addresses.clear();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(endpoints()).toEqual(['http 10.0.0.1 80']);
    expect(logged).toEqual(['cannot resolve an upstream: keeping its last addresses']);
    addresses.set('files.internal', ['10.0.0.1']);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(logged.slice(1)).toEqual(['resolved an upstream again']);
  });

  it('of which a name has no address yet do not delay the start for long', async () => {
    const { upstreams, configure, endpoints, logged } = setup();
    configure(['http://nowhere.internal:80']);
    await upstreams.ready(100);
    expect(endpoints()).toEqual([]);
    expect(logged).toEqual(['cannot resolve an upstream: it has no address']);
  });

  it('are probed with the Host of their URL if that is configured', async () => {
    const { upstreams, configure, table, addresses } = setup();
    addresses.set('files.example.net', ['192.0.2.1']);
    configure(['https://files.example.net:443'], 'a', { ...UP, host: 'upstream' });
    await upstreams.ready(100);
    expect(table.get('a')?.[0]?.health?.host).toBe('files.example.net');
  });

  it('count once if two lead to one address and port', async () => {
    const { upstreams, configure, table, addresses } = setup();
    addresses.set('files.internal', ['10.0.0.1']);
    configure(['http://10.0.0.1:80', 'http://files.internal:80']);
    await upstreams.ready(100);
    expect(table.get('a')?.map(({ url }) => url)).toEqual(['http://10.0.0.1:80']);
  });

  it('stay until the names of the new ones are resolved', async () => {
    const { upstreams, configure, endpoints, addresses } = setup();
    addresses.set('files.internal', ['10.0.0.2']);
    configure(['http://10.0.0.1:80']);
    configure(['http://files.internal:80']);
    expect(endpoints()).toEqual(['http 10.0.0.1 80']);
    await upstreams.ready(100);
    await vi.advanceTimersByTimeAsync(0);
    expect(endpoints()).toEqual(['http 10.0.0.2 80']);
  });

  it('are replaced while the old ones are still there', () => {
    const { upstreams, configure, endpoints } = setup();
    configure(['http://10.0.0.1:80'], 'old');
    upstreams.configure([{ name: 'new', servers: [{ url: 'http://10.0.0.2:80' }] }], () => {
      expect([endpoints('old'), endpoints('new')]).toEqual([
        ['http 10.0.0.1 80'],
        ['http 10.0.0.2 80'],
      ]);
    });
    expect([endpoints('old'), endpoints('new')]).toEqual([[], ['http 10.0.0.2 80']]);
  });

  it('stay if the new configuration is refused', () => {
    const { upstreams, configure, endpoints } = setup();
    configure(['http://10.0.0.1:80']);
    const refused = () =>
      upstreams.configure([{ name: 'b', servers: [{ url: 'http://10.0.0.2:80' }] }], () => {
        throw new Error('refused');
      });
    expect(refused).toThrow('refused');
    expect([endpoints(), endpoints('b')]).toEqual([['http 10.0.0.1 80'], []]);
  });

  it('are resolved no more once they are closed', async () => {
    const { upstreams, configure, endpoints, addresses } = setup();
    addresses.set('files.internal', ['10.0.0.1']);
    configure(['http://files.internal:80']);
    await upstreams.ready(100);
    upstreams.close();
    addresses.set('files.internal', ['10.0.0.2']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(endpoints()).toEqual(['http 10.0.0.1 80']);
  });
});
