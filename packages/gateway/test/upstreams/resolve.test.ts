import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { decode, encode } from 'dns-packet';
import type { Answer } from 'dns-packet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseUpstreamUrl } from '../../src/routing/upstream-url.ts';
import type { UpstreamUrl } from '../../src/routing/upstream-url.ts';
import { createResolve } from '../../src/upstreams/resolve.ts';
import type { Target } from '../../src/upstreams/resolve.ts';

let server: Socket;
/** The answers by type and name, such as `A a.example.com`. */
let records: Map<string, Answer[]>;

beforeEach(async () => {
  records = new Map();
  server = createSocket('udp4', (packet, from) => {
    const { id, questions } = decode(packet);
    const answers = records.get(`${questions?.[0]?.type} ${questions?.[0]?.name}`);
    const rcode = answers === undefined ? 3 : 0;
    const answer = { type: 'response', id, flags: rcode, questions, answers } as const;
    server.send(encode(answer), from.port, from.address);
  });
  await once(server.bind(0, '127.0.0.1'), 'listening');
});
afterEach(() => server.close());

/** Resolves a URL by the DNS server of the test. */
async function resolve(written: string, last: readonly Target[] = []) {
  const dns = new Resolver({ timeout: 1000, tries: 1 });
  dns.setServers([`127.0.0.1:${server.address().port}`]);
  return createResolve({
    lookup: (name) => dns.resolve4(name),
    resolve4: (name, options) => dns.resolve4(name, options),
    resolve6: (name, options) => dns.resolve6(name, options),
    resolveSrv: (name) => dns.resolveSrv(name),
  })(parsed(written), last);
}

function parsed(written: string): UpstreamUrl {
  const url = parseUpstreamUrl(written);
  if (url === undefined) throw new Error('no URL');
  return url;
}

/** A DNS server that does not answer. */
const silent = (): Promise<never> => new Promise(() => {});

function address(name: string, data: string, ttl: number): void {
  const known = records.get(`A ${name}`) ?? [];
  records.set(`A ${name}`, [...known, { type: 'A', name, data, ttl }]);
}

function srv(target: string, port: number, weight: number, priority: number): void {
  const name = '_api._tcp.example.com';
  const known = records.get(`SRV ${name}`) ?? [];
  const data = { target, port, weight, priority };
  records.set(`SRV ${name}`, [...known, { type: 'SRV', name, ttl: 60, data }]);
}

describe('a name of addresses', () => {
  it('leads to each of them, for the shortest TTL', async () => {
    address('a.example.com', '10.0.0.2', 20);
    address('a.example.com', '10.0.0.1', 7);
    const host = 'a.example.com';
    expect(await resolve('http://a.example.com:81')).toEqual({
      targets: [
        { host, address: '10.0.0.1', port: 81 },
        { host, address: '10.0.0.2', port: 81 },
      ],
      validMs: 7000,
    });
  });

  it('is resolved again after a second if its TTL is 0', async () => {
    address('a.example.com', '10.0.0.1', 0);
    expect(await resolve('http://a.example.com:81')).toMatchObject({ validMs: 1000 });
  });

  it('is resolved again after an hour at the latest', async () => {
    // A timer of Node is over at once after more than 24 days.
    address('a.example.com', '10.0.0.1', 2_592_000);
    expect(await resolve('http://a.example.com:81')).toMatchObject({ validMs: 3_600_000 });
  });

  it('has the addresses that the system has, though DNS does not answer', async () => {
    const found = await createResolve({
      lookup: async () => ['10.0.0.1'],
      resolve4: silent,
      resolve6: silent,
      resolveSrv: silent,
    })(parsed('http://a.example.com:81'), []);
    expect(found).toMatchObject({ targets: [{ address: '10.0.0.1' }], validMs: 30_000 });
  });

  it('is valid for the TTL of its IPv4 addresses, though DNS does not answer for others', async () => {
    const found = await createResolve({
      lookup: async () => ['10.0.0.1'],
      resolve4: async () => [{ address: '10.0.0.1', ttl: 5 }],
      resolve6: silent,
      resolveSrv: silent,
    })(parsed('http://a.example.com:81'), []);
    expect(found).toMatchObject({ validMs: 5000 });
  });

  it('is an error if it does not exist', async () => {
    await expect(resolve('http://a.example.com:81')).rejects.toThrow('ENOTFOUND');
  });
});

describe('a name of SRV records', () => {
  const URL = 'http+srv://_api._tcp.example.com';

  it('leads to their servers and ports, with their weights', async () => {
    address('a.example.com', '10.0.0.1', 9);
    address('b.example.com', '10.0.0.2', 20);
    srv('a.example.com', 8080, 60, 1);
    srv('B.example.com', 8081, 0, 1);
    expect(await resolve(URL)).toEqual({
      targets: [
        { host: 'a.example.com', address: '10.0.0.1', port: 8080, weight: 60 },
        { host: 'b.example.com', address: '10.0.0.2', port: 8081, weight: 1 },
      ],
      validMs: 9000,
    });
  });

  it('leads to the records of the lowest priority only', async () => {
    for (const name of ['a', 'b']) address(`${name}.example.com`, '10.0.0.1', 300);
    srv('a.example.com', 8080, 0, 20);
    srv('b.example.com', 8081, 0, 10);
    const { targets, validMs } = await resolve(URL);
    expect(targets.map(({ port }) => port)).toEqual([8081]);
    // Node has no TTL of SRV records.
    expect(validMs).toBe(30_000);
  });

  it('has weights that are larger than those of instances scaled to them', async () => {
    address('a.example.com', '10.0.0.1', 60);
    srv('a.example.com', 1, 65_535, 0);
    srv('a.example.com', 2, 6554, 0);
    srv('a.example.com', 3, 1, 0);
    const { targets } = await resolve(URL);
    expect(targets.map(({ weight }) => weight)).toEqual([100, 10, 1]);
  });

  it('leads to the others if a server has no address, and is soon resolved again', async () => {
    address('a.example.com', '10.0.0.1', 60);
    srv('a.example.com', 1, 0, 0);
    srv('gone.example.com', 2, 0, 0);
    const { targets, validMs } = await resolve(URL);
    expect([targets.length, validMs]).toEqual([1, 5000]);
  });

  it('keeps the last addresses of a server whose name fails, in its place', async () => {
    address('b.example.com', '10.0.0.2', 60);
    srv('a.example.com', 1, 5, 0);
    srv('b.example.com', 2, 5, 0);
    const last = { host: 'a.example.com', address: '10.0.0.1', port: 1, weight: 9 };
    const gone = { host: 'gone.example.com', address: '10.0.0.3', port: 3, weight: 9 };
    const { targets, validMs } = await resolve(URL, [gone, last]);
    expect(targets).toEqual([
      { ...last, weight: 5 },
      { host: 'b.example.com', address: '10.0.0.2', port: 2, weight: 5 },
    ]);
    expect(validMs).toBe(5000);
  });

  it('keeps each of these addresses once, though two records lead to them', async () => {
    address('b.example.com', '10.0.0.2', 60);
    for (const weight of [5, 6]) srv('a.example.com', 1, weight, 0);
    srv('b.example.com', 2, 5, 0);
    const last = { host: 'a.example.com', address: '10.0.0.1', port: 1, weight: 9 };
    const { targets } = await resolve(URL, [last, last]);
    expect(targets).toHaveLength(3);
    expect((await resolve(URL, targets)).targets).toEqual(targets);
  });

  it('is an error if no server has an address', async () => {
    srv('gone.example.com', 2, 0, 0);
    await expect(resolve(URL)).rejects.toThrow('ENOTFOUND');
  });

  it.each(['.', 'a b.example.com', 'a\r\nx.example.com'])(
    'does not lead to the target %j',
    async (target) => {
      srv(target, 2, 0, 0);
      expect(await resolve(URL)).toMatchObject({ targets: [] });
    },
  );
});
