import { createHash, createHmac, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { discover, register } from '@rollcall/client';
import type { RegistryConfig, Directory, Registration } from '@rollcall/client';
import { RawClient } from '../../broker/test/raw-client.ts';
import { APP, connectionTo, onlyConnection } from '../../../test/support/connection.ts';
import { TestRegistry } from '../../../test/support/registry.ts';
import { createPublisher } from '../src/transport/publisher.ts';
import { silentLogger } from '@rollcall/runtime';

const KEY = randomBytes(32).toString('base64');
const KINDS = {
  private: { ROLLCALL_CHANNEL: 'private-secret' },
  encrypted: { ROLLCALL_CHANNEL: 'private-encrypted-secret', ROLLCALL_MASTER_KEY: KEY },
} as const;

let registry: TestRegistry;
afterEach(() => registry.end());

async function owner(id: string, port = 3000): Promise<Registration> {
  const { connection } = registry;
  const place = { prefix: '/hidden', port, address: '127.0.0.1' };
  const registration = await register({ ...place, id, registry: connection, logger: silentLogger });
  registry.onEnd(() => registration.leave().catch(() => {}));
  return registration;
}

async function observer(connection: RegistryConfig = registry.connection): Promise<Directory> {
  const directory = await discover({
    registry: connection,
    answersRollCalls: true,
    probes: 'never',
  });
  registry.onEnd(() => directory.close());
  return directory;
}

/** An eavesdropper at the transport: what it is given to sign with, and all that comes over the wire. */
async function spy(secret?: string): Promise<{ subscribe: Spy; seen: () => string }> {
  const raw = new RawClient(registry.broker, `/app/${APP.key}?protocol=7`);
  registry.onEnd(() => raw.kill());
  const { data } = await raw.next();
  const socketId = (JSON.parse(String(data)) as { socket_id: string }).socket_id;
  let seen = '';
  raw.socket.on('message', (frame: Buffer) => (seen += frame.toString()));
  const subscribe: Spy = async (channel, identity) => {
    const channelData = identity === undefined ? undefined : JSON.stringify(identity);
    const text = [socketId, channel, channelData].filter((part) => part !== undefined).join(':');
    const signature = createHmac('sha256', secret ?? '')
      .update(text)
      .digest('hex');
    const auth = secret === undefined ? undefined : `${APP.key}:${signature}`;
    raw.say('pusher:subscribe', { channel, auth, channel_data: channelData });
    await raw.settled();
  };
  return { subscribe, seen: () => seen };
}
type Spy = (channel: string, identity?: object) => Promise<void>;

/** All that there is to hear of a registry with an instance that comes, changes, is corrected and leaves. */
async function story(secret?: string): Promise<string> {
  const { subscribe, seen } = await spy(secret);
  const { channels } = registry.connection;
  const presence = `${channels.presencePrefix}a`;
  for (const name of [channels.registry, channels.owners]) await subscribe(name);
  await subscribe(presence, { user_id: 'spy' });
  const directory = await observer();
  const ahead = { prefix: '/hidden', port: 3000, address: '127.0.0.1', id: 'a', inc: Date.now() };
  await registry.publish('register', { ...ahead, inc: ahead.inc + 300_000 });
  await vi.waitFor(() => expect(directory.instances()).toHaveLength(1));
  const registration = await owner('a');
  await vi.waitFor(() => expect(registration.announcement.inc).toBe(ahead.inc + 300_001));
  await registration.update({ meta: { hidden: 'meta' } });
  const late = await observer();
  await vi.waitFor(() => expect(late.instances()).toMatchObject([{ announcement: { seq: 1 } }]));
  await registration.leave();
  await vi.waitFor(() => expect(late.instances()).toEqual([]));
  return seen();
}

const PLAIN = /\/hidden|127\.0\.0\.1|"meta/;

describe.each(['private', 'encrypted'] as const)('a registry that is %s', (kind) => {
  beforeEach(async () => {
    registry = await TestRegistry.start(KINDS[kind]);
  });

  it('works for clients with the secret: updates, corrections and leaving', async () => {
    await expect(story()).resolves.toBeDefined();
  });

  it('is not readable with the app key alone', async () => {
    const seen = await story();
    expect(seen).toMatch(/subscription_error|"code":4009/);
    expect(seen).not.toMatch(PLAIN);
    expect(seen).not.toMatch(/ciphertext/);
  });
});

describe('the transport', () => {
  it('reads a private registry', async () => {
    registry = await TestRegistry.start(KINDS.private);
    expect(await story(APP.secret)).toMatch(PLAIN);
  });

  it('cannot read an encrypted registry, in any of its channels', async () => {
    registry = await TestRegistry.start(KINDS.encrypted);
    const seen = await story(APP.secret);
    expect(seen).toMatch(/ciphertext/);
    // The correction, too: an owner learns of its later run in its presence channel.
    expect(seen).toMatch(
      /"event":"table","channel":"presence-|"channel":"presence-[^"]*","event":"table"/,
    );
    expect(seen).not.toMatch(PLAIN);
  });
});

describe('an observer with another master key', () => {
  beforeEach(async () => {
    registry = await TestRegistry.start(KINDS.encrypted);
  });

  it('learns no instance, gets the reason, and keeps working', async () => {
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
    await owner('a');
    const stranger = connectionTo(registry.broker.port, {
      ...KINDS.encrypted,
      ROLLCALL_MASTER_KEY: randomBytes(32).toString('base64'),
    });
    const refused: string[] = [];
    const directory = await observer(stranger);
    directory.on('refused', (event, { code }) => refused.push(`${event} ${code}`));
    await vi.waitFor(() => expect(refused).toContain('presence unreadable'));
    await owner('b', 3001);
    const mine = await observer();
    await vi.waitFor(() => expect(mine.instances()).toHaveLength(2));
    expect(directory.instances()).toEqual([]);
    expect(directory.isConnected).toBe(true);
    errors.mockRestore();
  });

  it.each([
    ['is not sealed', { prefix: '/hidden', port: 1, address: '127.0.0.1' }],
    ['is no base64', { nonce: '!', ciphertext: '!' }],
    ['is too short', { nonce: 'AAAA', ciphertext: 'AAAA' }],
    ['is of the wrong type', { nonce: 1, ciphertext: { a: 1 } }],
    ['is empty', {}],
    ['is nothing', null],
    ['is text', 'text'],
  ])('takes no instance down by a message that %s', async (_what, data) => {
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
    const directory = await observer();
    const registration = await owner('a');
    const { channels } = registry.connection;
    // Signed with the secret, and yet not encrypted.
    const plain = connectionTo(registry.broker.port, { ROLLCALL_CHANNEL: 'x' });
    const publisher = createPublisher(onlyConnection(plain));
    registry.onEnd(() => publisher.close());
    await rawPublish(plain, channels.registry, data);
    await rawPublish(plain, channels.owners, data);
    await publisher.publish(`${channels.presencePrefix}a`, 'table', data);
    await registration.update({ weight: 2 });
    await vi.waitFor(() => {
      expect(directory.instances()).toMatchObject([{ announcement: { weight: 2 } }]);
    });
    errors.mockRestore();
  });
});

/** An observer, an instance, and what went over the wire when the instance registered. */
async function captured(): Promise<{ directory: Directory; refused: string[]; data: Captured }> {
  const directory = await observer();
  const { subscribe, seen } = await spy(APP.secret);
  const { channels } = registry.connection;
  await subscribe(channels.registry);
  await subscribe(`${channels.presencePrefix}a`, { user_id: 'observer' });
  const refused: string[] = [];
  directory.on('refused', (event, { code }) => refused.push(`${event} ${code}`));
  await owner('a');
  await vi.waitFor(() => expect(seen()).toMatch(/"event":"register"/));
  const boxes = [...seen().matchAll(/{\\?"nonce.*?}/g)].map(([text]) => text.replaceAll('\\', ''));
  const [member, announcement] = boxes.map((text) => JSON.parse(text) as object);
  return { directory, refused, data: { member, announcement } };
}
type Captured = { member: object | undefined; announcement: object | undefined };

describe('a program with the secret and without the master key', () => {
  beforeEach(async () => {
    registry = await TestRegistry.start(KINDS.encrypted);
  });

  it('takes no instance down by publishing a captured register as an exit', async () => {
    const { directory, refused, data } = await captured();
    const { channels } = registry.connection;
    await rawPublish(registry.connection, channels.registry, data.announcement, 'exit');
    await vi.waitFor(() => expect(refused).toEqual(['exit unreadable']));
    expect(directory.instances()).toMatchObject([{ status: 'healthy' }]);
    await rawPublish(registry.connection, channels.registry, data.announcement, 'register');
    await owner('b', 3001);
    await vi.waitFor(() => expect(directory.instances()).toHaveLength(2));
    expect(refused).toEqual(['exit unreadable']);
  });

  it('changes nothing by publishing what it captured in another channel', async () => {
    const { directory, data } = await captured();
    const { channels } = registry.connection;
    for (const box of Object.values(data)) {
      for (const event of ['register', 'exit', 'rollcall', 'table']) {
        await rawPublish(registry.connection, channels.owners, box, event);
        await rawPublish(registry.connection, `${channels.presencePrefix}a`, box, event);
      }
    }
    await rawPublish(registry.connection, channels.registry, data.member, 'exit');
    await owner('b', 3001);
    await vi.waitFor(() => expect(directory.instances()).toHaveLength(2));
    expect(directory.instances()).toMatchObject([{ announcement: { seq: 0 } }, {}]);
  });
});

describe('an encrypted registry with many instances', () => {
  it('sends its whole table to an observer that starts later', async () => {
    registry = await TestRegistry.start(KINDS.encrypted);
    const first = await observer();
    const faults: string[] = [];
    first.on('fault', ({ message }) => faults.push(message));
    const announcement = { prefix: '/hidden', address: '127.0.0.1' };
    const statements = Array.from({ length: 1500 }, (_, at) => ({
      announcement: { ...announcement, port: at + 1, id: `legacy-${at}`, inc: 1, seq: 0, ttl: 600 },
      left: false,
    }));
    await first.restore(statements);
    const late = await observer();
    late.on('fault', ({ message }) => faults.push(message));
    await vi.waitFor(() => expect(late.instances()).toHaveLength(1500), 10_000);
    expect(faults).toEqual([]);
  });
});

/** What the SDK would not send: something to an encrypted channel as it is. */
async function rawPublish(
  { brokers: [{ appId, key, secret }] }: RegistryConfig,
  channel: string,
  data: unknown,
  name = 'register',
) {
  const body = JSON.stringify({ name, channel, data: JSON.stringify(data) });
  const query = new URLSearchParams({
    auth_key: key,
    auth_timestamp: String(Math.floor(Date.now() / 1000)),
    auth_version: '1.0',
    body_md5: createHash('md5').update(body).digest('hex'),
  });
  const path = `/apps/${appId}/events`;
  const text = `POST\n${path}\n${query.toString()}`;
  query.set('auth_signature', createHmac('sha256', secret).update(text).digest('hex'));
  const headers = { 'content-type': 'application/json' };
  const url = `${registry.broker.url}${path}?${query.toString()}`;
  const response = await fetch(url, { method: 'POST', body, headers });
  expect(response.status).toBe(200);
}
