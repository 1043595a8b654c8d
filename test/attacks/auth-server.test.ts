import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { generateServiceKey, publicKeyOf } from '@rollcall/client';
import type { Announcement } from '@rollcall/client';
import { AUTH_PATHS, idWithKey } from '@rollcall/protocol';
import { Signer } from '../../packages/client/src/trust/signer.ts';
import { askAuth, proofOf } from '../support/auth.ts';
import { ask, Cluster } from '../support/cluster.ts';
import type { Answer, RunningGateway } from '../support/cluster.ts';
import { PROGRAMS } from '../support/processes.ts';

const REGISTRY = 'private-mapped-discovery';
/** The owner of /v1, and the owner of another prefix, who attacks it. */
const OWNER = generateServiceKey();
const ATTACKER = generateServiceKey();

let folder: string;
let cluster: Cluster;
let gateway: RunningGateway;
let url: string;
let broker: string;
/** What the owner has announced. Every reader of the registry has it. */
let captured: Announcement;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-attacks-'));
  const config = join(folder, 'gateway.json');
  const owners = { '/v1': [publicKeyOf(OWNER)], '/other': [publicKeyOf(ATTACKER)] };
  writeFileSync(config, JSON.stringify({ owners, auth: { port: 0 } }));
  cluster = await Cluster.start();
  gateway = await cluster.gateway(['--config', config], { ROLLCALL_CHANNEL: REGISTRY });
  [, url = ''] = await gateway.program.line(/auth server listens url=(\S+)/);
  const service = cluster.programs.node(PROGRAMS.idV5, [], {
    PORT: '0',
    SERVER_NAME: 'owner',
    ROLLCALL_AUTH_URL: url,
    ROLLCALL_SERVICE_KEY: OWNER,
  });
  await service.line(/registered prefix=\/v1 /);
  await vi.waitUntil(async () => (await served()) === 'owner', { timeout: 10_000 });
  const instances = await ask(`${gateway.adminUrl}/api/instances`);
  captured = (JSON.parse(instances.body) as { instances: [{ announcement: Announcement }] })
    .instances[0].announcement;
  const registry = await askAuth(url, ATTACKER, AUTH_PATHS.registry, {});
  broker = (JSON.parse(registry.body) as { brokers: [{ id: string }] }).brokers[0].id;
});
afterAll(async () => {
  await cluster.end();
  rmSync(folder, { recursive: true });
});

async function served(): Promise<unknown> {
  const { status, headers } = await ask(`${gateway.url}/v1/health`);
  return status === 200 ? headers['x-server'] : status;
}

async function timesRefused(code: string): Promise<number> {
  const { body } = await ask(`${gateway.adminUrl}/metrics`);
  const [, times = '0'] =
    new RegExp(`auth_requests_total\\{result="${code}"\\} (\\d+)`).exec(body) ?? [];
  return Number(times);
}

/** That an attack changes nothing, and that its refusal is counted, and said to the attacker. */
async function refused(code: string, attack: () => Promise<Answer>): Promise<void> {
  const before = await timesRefused(code);
  const { status, body } = await attack();
  expect(status).toBeGreaterThanOrEqual(400);
  expect(JSON.parse(body)).toMatchObject({ code });
  expect(await timesRefused(code)).toBe(before + 1);
  expect(await served()).toBe('owner');
}

/** What the attacker may sign: an instance of its own key. */
function own(change: object = {}, left = false): object {
  const id = idWithKey('evil', publicKeyOf(ATTACKER));
  const announcement = {
    prefix: '/other',
    address: '127.0.0.1',
    port: 9,
    id,
    inc: 1,
    seq: 0,
    ...change,
  };
  return (
    Signer.of({ serviceKey: ATTACKER })?.sign(REGISTRY, { announcement, left }) ?? announcement
  );
}

const asAttacker = (path: string, fields: object) => () =>
  askAuth(url, ATTACKER, path, { broker, ...fields });
const subscribe = (channel: string, announcement?: object) =>
  asAttacker(AUTH_PATHS.channel, { socket_id: '1.1', channel_name: channel, announcement });
const publish = (announcement: object, event = 'register') =>
  asAttacker(AUTH_PATHS.announce, { event, announcement });

it('an attack is logged, with its reason and the address from which it comes', async () => {
  await refused('not-allowed', publish(captured));
  await gateway.program.line(
    /refused a request to the auth server from=127\.0\.0\.1 code=not-allowed reason=.* is an instance of another key/,
  );
});

describe('the holder of another service key', () => {
  it('can announce its own prefix', async () => {
    await expect(publish(own())()).resolves.toMatchObject({ status: 200 });
    await expect(publish(own({}, true), 'exit')()).resolves.toMatchObject({ status: 200 });
  });

  it('cannot announce the prefix of the owner, one below it, or one without owners', async () => {
    for (const prefix of ['/v1', '/v1/health', '/free', '/'])
      await refused('not-allowed', publish(own({ prefix })));
  });

  it('cannot publish for the owner: neither what it captured, nor its exit', async () => {
    await refused('not-allowed', publish(captured));
    await refused('not-allowed', publish(captured, 'exit'));
    await refused('not-allowed', publish(own({ id: captured.id }), 'exit'));
  });

  it('cannot publish a table, a roll call, or an event of its own', async () => {
    for (const event of ['table', 'rollcall', 'client-x'])
      await refused('bad-request', publish(own(), event));
  });

  it('cannot read the registry, or any other private channel', async () => {
    for (const channel of [REGISTRY, 'private-payroll', `${REGISTRY}.owners.x`])
      await refused('not-allowed', subscribe(channel, own()));
  });

  it('cannot join the channel of the owner’s instance, by its announcement or its own', async () => {
    const channel = `presence-mapped-discovery.${captured.id}`;
    await refused('not-allowed', subscribe(channel, captured));
    await refused('not-allowed', subscribe(channel, own()));
    await refused('bad-announcement', subscribe(channel));
  });
});

describe('who holds no key, and reads what others send', () => {
  const path = AUTH_PATHS.channel;
  const body = JSON.stringify({
    broker: 'b',
    socket_id: '1.1',
    channel_name: `${REGISTRY}.owners`,
  });
  const send =
    (authorization: string, to: string = path, sent = body) =>
    () =>
      ask(url + to, { method: 'POST', headers: { authorization }, body: sent });

  it('cannot use the proof of a request for another connection, another path or later', async () => {
    const proof = proofOf(OWNER, path, body);
    await refused('bad-proof', send(proof, path, body.replace('1.1', '2.2')));
    await refused('bad-proof', send(proof, AUTH_PATHS.announce));
    await refused(
      'proof-expired',
      send(proofOf(OWNER, path, body, Math.floor(Date.now() / 1000) - 301)),
    );
  });

  it('cannot prove a key by its public half, by another, or by nothing', async () => {
    await refused(
      'bad-proof',
      send(proofOf(ATTACKER, path, body).replace(publicKeyOf(ATTACKER), publicKeyOf(OWNER))),
    );
    await refused('unknown-key', send(proofOf(generateServiceKey(), path, body)));
    await refused('proof-needed', send(`Bearer ${publicKeyOf(OWNER)}`));
  });
});
