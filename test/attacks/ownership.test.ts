import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { generateServiceKey, publicKeyOf, register } from '@rollcall/client';
import type { Announcement, Registration } from '@rollcall/client';
import type { InstanceView } from '@rollcall/gateway';
import { explained } from '../support/admin.ts';
import { ask, Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { connectionTo } from '../support/connection.ts';
import { httpServer } from '../support/http-server.ts';

/** The owner of /v1, and the owner of another prefix. */
const OWNER = generateServiceKey();
const OTHER = generateServiceKey();

let folder: string;
let config: string;
let cluster: Cluster;
let gateway: RunningGateway;
/** What the owner has announced, as anybody with the app's key can read it. */
let captured: Announcement;
/** Where an attacker would have requests go. */
let attacker: Awaited<ReturnType<typeof httpServer>>;

function configure(change: object = {}): void {
  const owners = { '/v1': [publicKeyOf(OWNER)], '/other': [publicKeyOf(OTHER)] };
  writeFileSync(config, JSON.stringify({ owners, ...change }));
}

beforeAll(async () => {
  attacker = await httpServer((_request, response) => response.end('attacker'));
});
afterAll(() => attacker.close());

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-attacks-'));
  config = join(folder, 'gateway.json');
  configure();
  cluster = await Cluster.start();
  gateway = await cluster.gateway(['--config', config]);
  await cluster.idV5('owner', { ROLLCALL_SERVICE_KEY: OWNER });
  await vi.waitUntil(async () => (await served()) === 'owner', { timeout: 10_000 });
  captured = (await instances())[0]?.announcement ?? { prefix: '', address: '', port: 0 };
});
beforeEach(async () => {
  configure();
  await expect.poll(served).toBe('owner');
});
afterAll(async () => {
  await cluster.end();
  rmSync(folder, { recursive: true });
});

/** Which program a request of /v1 reaches. */
async function served(path = '/v1/health'): Promise<string> {
  const { status, headers, body } = await ask(`${gateway.url}${path}`);
  return String(status === 200 ? (headers['x-server'] ?? body) : status);
}

async function instances(): Promise<readonly InstanceView[]> {
  const { body } = await ask(`${gateway.adminUrl}/api/instances`);
  return (JSON.parse(body) as { instances: InstanceView[] }).instances;
}

async function timesRefused(code: string): Promise<number> {
  const { body } = await ask(`${gateway.adminUrl}/metrics`);
  const [, times = '0'] =
    new RegExp(`messages_refused_total\\{code="${code}"\\} (\\d+)`).exec(body) ?? [];
  return Number(times);
}

/** That an attack changes nothing, and that its refusal is counted, logged and explained. */
async function refused(code: string, attack: () => Promise<unknown>): Promise<void> {
  const before = await timesRefused(code);
  await attack();
  await expect.poll(() => timesRefused(code)).toBeGreaterThan(before);
  await gateway.program.line(new RegExp(`refused \\S+ \\(${code}\\)`));
  const explanation = await explained(gateway, '/v1/health');
  expect(explanation.refused.at(-1)?.code).toBe(code);
  for (let request = 0; request < 4; request++) expect(await served()).toBe('owner');
}

/** What an attacker announces. */
function forged(fields: object = {}): object {
  const { port } = attacker;
  return { prefix: '/v1', address: '127.0.0.1', port, id: 'evil', inc: 1, seq: 0, ...fields };
}

describe('a program with the secret of the app', () => {
  it.each([
    ['the prefix of an owner', {}],
    ['a prefix below it', { prefix: '/v1/health' }],
    ['it without an id, as a legacy instance', { id: undefined, inc: undefined, seq: undefined }],
  ])('cannot announce %s', async (_what, fields) => {
    await refused('unsigned', () => cluster.publish('register', forged(fields)));
  });

  it('cannot move the instance of an owner to another prefix, or announce a later run of it', async () => {
    const { id } = captured;
    await refused('unsigned', () =>
      cluster.publish('register', forged({ id, prefix: '/free', inc: 9e15 })),
    );
    await refused('bad-signature', () =>
      cluster.publish('register', forged({ id, sig: captured.sig, inc: 9e15 })),
    );
  });

  it('cannot send the exit of an owner, by any of its announcements', async () => {
    const { sig, ...unsigned } = captured;
    expect(sig).toMatch(/^[\w-]{86}$/);
    await refused('unsigned', () => cluster.publish('exit', unsigned));
    await refused('bad-signature', () => cluster.publish('exit', captured));
    await refused('unsigned', () => cluster.publish('exit', { ...unsigned, prefix: '/free' }));
  });

  it('cannot change what an owner has announced', async () => {
    for (const change of [
      { port: attacker.port },
      { seq: 5, draining: true },
      { policy: { strip: false } },
    ])
      await refused('bad-signature', () => cluster.publish('register', { ...captured, ...change }));
  });

  it('cannot do any of it as a gateway, by a table', async () => {
    const { sig: _, ...unsigned } = captured;
    await refused('unsigned', () =>
      cluster.publish('table', { nonce: 'x', up: [forged()], left: [] }),
    );
    await refused('bad-signature', () =>
      cluster.publish('table', { nonce: 'x', up: [], left: [captured] }),
    );
    await cluster.publish('table', {
      nonce: 'x',
      up: [{ ...unsigned, port: attacker.port }],
      left: [unsigned],
    });
    expect(await served()).toBe('owner');
  });

  it('cannot have the owner outbid itself by a table in its presence channel', async () => {
    const later = { ...captured, inc: (captured.inc ?? 0) + 5 };
    const channel = `presence-mapped-discovery.${captured.id}`;
    await cluster.publish('table', { nonce: 'x', up: [later], left: [captured] }, channel);
    await refused('unsigned', () => cluster.publish('register', forged()));
    expect((await instances())[0]?.announcement.inc).toBe(captured.inc);
  });
});

describe('a program with the service key of another prefix', () => {
  const registrations: Registration[] = [];
  afterEach(async () => {
    for (const each of registrations.splice(0)) await each.leave();
  });

  async function announce(prefix: string, id?: string): Promise<void> {
    const registry = { ...connectionTo(cluster.brokerPort), serviceKey: OTHER };
    const { port } = attacker;
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
    await refused('not-owner', () => announce(prefix));
  });

  it('cannot take the id of an instance of an owner', async () => {
    await announce('/other', captured.id);
    await expect.poll(() => served('/other/x')).toBe('attacker');
    expect((await instances()).map(({ announcement }) => announcement.id)).toContain(captured.id);
    expect(await served()).toBe('owner');
  });
});

describe('a service key', () => {
  it('that is taken out of the configuration ends its instances, with the reason', async () => {
    configure({ owners: { '/v1': [publicKeyOf(OTHER)] } });
    await expect.poll(served, { interval: 20 }).toBe('503');
    const { gone } = await explained(gateway, '/v1/health');
    expect(JSON.stringify(gone)).toContain('the key at the end of its id owns no prefix');
    configure();
    await expect.poll(served).toBe('owner');
  });

  it('that expires ends them too', async () => {
    const until = new Date(Date.now() + 4_000).toISOString();
    configure({ owners: { '/v1': [`${publicKeyOf(OWNER)} until ${until}`] } });
    await expect.poll(served, { interval: 50 }).toBe('503');
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(until));
    const { gone } = await explained(gateway, '/v1/health');
    expect(JSON.stringify(gone)).toContain('has expired');
  });
});

describe('an unproven announcement', () => {
  it('is accepted and reported while ownership is only reported', async () => {
    configure({ ownership: 'report' });
    await gateway.program.nextLine(/reloaded configuration/);
    await cluster.publish('register', {
      prefix: '/v1/a',
      address: '127.0.0.1',
      port: attacker.port,
      id: 'x',
      inc: 1,
    });
    await gateway.program.line(/accepted, but not proven \(unsigned\)/);
    expect(await served('/v1/a/x')).toBe('attacker');
    configure();
    // The owner has no such path.
    await expect.poll(() => served('/v1/a/x')).toBe('404');
  });

  it('is refused for a prefix without owners if those are refused', async () => {
    configure({ unowned: 'refuse' });
    await gateway.program.nextLine(/reloaded configuration/);
    await refused('unowned', () =>
      cluster.publish('register', { prefix: '/free', address: '127.0.0.1', port: attacker.port }),
    );
    expect(await served('/free')).toBe('404');
  });
});
