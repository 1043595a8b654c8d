import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { generateServiceKey, publicKeyOf, register } from '@rollcall/client';
import type { Registration } from '@rollcall/client';
import { Cluster } from '../support/cluster.ts';
import { connectionTo } from '../support/connection.ts';
import { AttackedGateway, OTHER, OWNER } from './attacked-gateway.ts';

/** Owns all below /team, and not /team itself. */
const TEAM = generateServiceKey();

let cluster: Cluster;
let attacked: AttackedGateway;
const registrations: Registration[] = [];
beforeAll(async () => {
  cluster = await Cluster.start();
  const lead = [publicKeyOf(generateServiceKey())];
  attacked = await AttackedGateway.start(cluster, {
    owners: {
      '/v1': [publicKeyOf(OWNER)],
      '/team': lead,
      '/team/*': [publicKeyOf(TEAM)],
      '/team/billing': lead,
      '/other': [publicKeyOf(OTHER)],
    },
    routes: {
      'ids.example.com/': { service: '/v1' },
      'ids.example.com/own': {
        upstreams: [`http://127.0.0.1:${cluster.brokerPort}`],
        health: '/up',
      },
    },
  });
});
afterEach(async () => {
  for (const each of registrations.splice(0)) await each.leave();
});
afterAll(async () => {
  await cluster.end();
  attacked.end();
});

/** Announces the attacker's server with a service key. */
async function announce(serviceKey: string, prefix: string, fields: object = {}): Promise<void> {
  const registry = { ...connectionTo(cluster.brokerPort), serviceKey };
  const place = { prefix, port: attacked.attacker.port, address: '127.0.0.1' };
  registrations.push(await register({ ...place, registry, ...fields }));
}

describe('a program with the service key of one prefix', () => {
  it.each([
    ['/team', 'the prefix above all that it owns'],
    ['/team/billing', 'a prefix below, which has owners of its own'],
    ['/team/billing/eu', 'what is below that'],
  ])('cannot announce %s: %s', async (prefix) => {
    await attacked.refuses('not-owner', () => announce(TEAM, prefix));
    expect(await attacked.served(`${prefix}/x`)).toBe('404');
  });

  it('can announce its own', async () => {
    await announce(TEAM, '/team/x/y');
    await expect.poll(() => attacked.served('/team/x/y/z')).toBe('attacker');
  });

  it('can announce a neighbour without owners, which takes no request of its neighbour', async () => {
    for (const neighbour of ['/v1x', '/v1y/z']) {
      await announce(TEAM, neighbour);
      await expect.poll(() => attacked.served(`${neighbour}/health`)).toBe('attacker');
    }
    await attacked.isUnharmed();
    await attacked.refuses('not-owner', () => announce(TEAM, '/v1/x'));
  });

  it('can announce / where it has no owners, which takes no request of a prefix that has', async () => {
    await announce(TEAM, '/');
    await expect.poll(() => attacked.served('/unknown')).toBe('attacker');
    await attacked.isUnharmed();
  });

  it('cannot use the id of an instance of another key, under any prefix', async () => {
    const { id } = await attacked.captured();
    const forged = { id, prefix: '/free', inc: 9e15 };
    await attacked.refuses('unsigned', () => cluster.publish('register', attacked.forged(forged)));
    expect(await attacked.served('/free')).not.toBe('attacker');
    // The id of its own key follows that one.
    await announce(TEAM, '/team/x', { id });
    await expect.poll(() => attacked.served('/team/x')).toBe('attacker');
    expect((await attacked.captured()).id).toBe(id);
    await attacked.isUnharmed();
  });

  it('cannot take the requests of a host whose route names the service of an owner', async () => {
    const atHost = (path: string): Promise<string> => attacked.served(path, 'ids.example.com');
    expect(await atHost('/health')).toBe('owner');
    await attacked.refuses('not-owner', () => announce(TEAM, '/v1'));
    for (const prefix of ['/health', '/', '/own']) await announce(TEAM, prefix);
    await expect.poll(() => attacked.served('/health')).toBe('attacker');
    expect(await atHost('/health')).toBe('owner');
    expect(await atHost('/own/up')).not.toBe('attacker');
    // The names of routes with a host, and of configured upstreams, are no prefixes.
    for (const prefix of ['ids.example.com/', 'ids.example.com/own (upstreams)'])
      await attacked.refuses('bad-prefix', () =>
        cluster.publish('register', attacked.forged({ prefix })),
      );
    expect(await atHost('/health')).toBe('owner');
  });
});
