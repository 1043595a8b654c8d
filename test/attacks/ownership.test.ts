import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { publicKeyOf, register } from '@rollcall/client';
import type { Announcement, Registration } from '@rollcall/client';
import { explained } from '../support/admin.ts';
import { Cluster } from '../support/cluster.ts';
import { connectionTo } from '../support/connection.ts';
import { AttackedGateway, OTHER, OWNER } from './attacked-gateway.ts';

let cluster: Cluster;
let attacked: AttackedGateway;
/** What the owner has announced. */
let captured: Announcement;

beforeAll(async () => {
  cluster = await Cluster.start();
  attacked = await AttackedGateway.start(cluster);
  captured = await attacked.captured();
});
beforeEach(async () => {
  attacked.configure();
  await expect.poll(() => attacked.served()).toBe('owner');
});
afterAll(async () => {
  await cluster.end();
  attacked.end();
});

describe('a program with the secret of the app', () => {
  it.each([
    ['the prefix of an owner', {}],
    ['a prefix below it', { prefix: '/v1/health' }],
    ['it without an id, as a legacy instance', { id: undefined, inc: undefined, seq: undefined }],
  ])('cannot announce %s', async (_what, fields) => {
    await attacked.refuses('unsigned', () => cluster.publish('register', attacked.forged(fields)));
  });

  it('cannot move the instance of an owner to another prefix, or announce a later run of it', async () => {
    const { id } = captured;
    await attacked.refuses('unsigned', () =>
      cluster.publish('register', attacked.forged({ id, prefix: '/free', inc: 9e15 })),
    );
    await attacked.refuses('bad-signature', () =>
      cluster.publish('register', attacked.forged({ id, sig: captured.sig, inc: 9e15 })),
    );
  });

  it('cannot send the exit of an owner, by any of its announcements', async () => {
    const { sig, ...unsigned } = captured;
    expect(sig).toMatch(/^[\w-]{86}$/);
    await attacked.refuses('unsigned', () => cluster.publish('exit', unsigned));
    await attacked.refuses('bad-signature', () => cluster.publish('exit', captured));
    await attacked.refuses('unsigned', () =>
      cluster.publish('exit', { ...unsigned, prefix: '/free' }),
    );
  });

  it('cannot change what an owner has announced', async () => {
    for (const change of [
      { port: attacked.attacker.port },
      { seq: 5, draining: true },
      { policy: { strip: false } },
    ])
      await attacked.refuses('bad-signature', () =>
        cluster.publish('register', { ...captured, ...change }),
      );
  });

  it('cannot do any of it as a gateway, by a table', async () => {
    const { sig: _, ...unsigned } = captured;
    await attacked.refuses('unsigned', () =>
      cluster.publish('table', { nonce: 'x', up: [attacked.forged()], left: [] }),
    );
    await attacked.refuses('bad-signature', () =>
      cluster.publish('table', { nonce: 'x', up: [], left: [captured] }),
    );
    await cluster.publish('table', {
      nonce: 'x',
      up: [{ ...unsigned, port: attacked.attacker.port }],
      left: [unsigned],
    });
    expect(await attacked.served()).toBe('owner');
  });

  it('cannot have the owner outbid itself by a table in its presence channel', async () => {
    const later = { ...captured, inc: (captured.inc ?? 0) + 5 };
    const channel = `presence-mapped-discovery.${captured.id}`;
    await cluster.publish('table', { nonce: 'x', up: [later], left: [captured] }, channel);
    await attacked.refuses('unsigned', () => cluster.publish('register', attacked.forged()));
    expect((await attacked.instances())[0]?.announcement.inc).toBe(captured.inc);
  });
});

describe('a program with the service key of another prefix', () => {
  const registrations: Registration[] = [];
  afterEach(async () => {
    for (const each of registrations.splice(0)) await each.leave();
  });

  async function announce(prefix: string, id?: string): Promise<void> {
    const registry = { ...connectionTo(cluster.brokerPort), serviceKey: OTHER };
    const { port } = attacked.attacker;
    const options = {
      prefix,
      port,
      address: '127.0.0.1',
      registry,
      ...(id !== undefined && { id }),
    };
    registrations.push(await register(options));
  }

  it.each(['/v1', '/v1/health'])('cannot announce %s', async (prefix) => {
    await attacked.refuses('not-owner', () => announce(prefix));
  });

  it('cannot take the id of an instance of an owner', async () => {
    await announce('/other', captured.id);
    await expect.poll(() => attacked.served('/other/x')).toBe('attacker');
    expect((await attacked.instances()).map(({ announcement }) => announcement.id)).toContain(
      captured.id,
    );
    expect(await attacked.served()).toBe('owner');
  });
});

describe('a service key', () => {
  it('that is taken out of the configuration ends its instances, with the reason', async () => {
    attacked.configure({ owners: { '/v1': [publicKeyOf(OTHER)] } });
    await expect.poll(() => attacked.served(), { interval: 20 }).toBe('503');
    const { gone } = await explained(attacked.gateway, '/v1/health');
    expect(JSON.stringify(gone)).toContain('the key at the end of its id owns no prefix');
    attacked.configure();
    await expect.poll(() => attacked.served()).toBe('owner');
  });

  it('that expires ends them too', async () => {
    const until = new Date(Date.now() + 4_000).toISOString();
    attacked.configure({ owners: { '/v1': [`${publicKeyOf(OWNER)} until ${until}`] } });
    await expect.poll(() => attacked.served(), { interval: 50 }).toBe('503');
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(until));
    const { gone } = await explained(attacked.gateway, '/v1/health');
    expect(JSON.stringify(gone)).toContain('has expired');
  });
});

describe('an unproven announcement', () => {
  it('is accepted and reported while ownership is only reported', async () => {
    attacked.configure({ ownership: 'report' });
    await attacked.gateway.program.nextLine(/reloaded configuration/);
    await cluster.publish('register', {
      prefix: '/v1/a',
      address: '127.0.0.1',
      port: attacked.attacker.port,
      id: 'x',
      inc: 1,
    });
    await attacked.gateway.program.line(/accepted, but not proven \(unsigned\)/);
    expect(await attacked.served('/v1/a/x')).toBe('attacker');
    attacked.configure();
    // The owner has no such path.
    await expect.poll(() => attacked.served('/v1/a/x')).toBe('404');
  });

  it('is refused for a prefix without owners if those are refused', async () => {
    attacked.configure({ unowned: 'refuse' });
    await attacked.gateway.program.nextLine(/reloaded configuration/);
    await attacked.refuses('unowned', () =>
      cluster.publish('register', {
        prefix: '/free',
        address: '127.0.0.1',
        port: attacked.attacker.port,
      }),
    );
    expect(await attacked.served('/free')).toBe('404');
  });
});
