import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Pusher from 'pusher';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { discover, register } from '@rollcall/client';
import type { RegistryConfig, Directory } from '@rollcall/client';
import { createGateway } from '@rollcall/gateway';
import { ask } from '../support/cluster.ts';
import { APP, connectionTo } from '../support/connection.ts';
import { loggerTo } from '../../test/support/log.ts';
import { loggerOfFaults } from '../support/log.ts';

const PLAIN = { prefix: '/v1', port: 3000, address: '127.0.0.1' };

let broker: Broker;
let connection: RegistryConfig;
const cleanups: (() => unknown)[] = [];
beforeEach(async () => {
  broker = await createBroker({ apps: [APP] });
  connection = connectionTo(broker.port);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  await broker.close();
});

async function startObserver(options: { answersRollCalls?: boolean } = {}): Promise<Directory> {
  const directory = await discover({ registry: connection, ...options });
  cleanups.push(() => directory.close());
  return directory;
}

/** Publishes any data with Pusher's official SDK, as a program without Rollcall does. */
function publish(event: string, data: unknown, channel = 'mapped-discovery'): Promise<unknown> {
  const options = { host: '127.0.0.1', port: String(broker.port), useTLS: false };
  return new Pusher({ ...APP, ...options }).trigger(channel, event, data);
}

async function startGateway() {
  const log: string[] = [];
  const running = await createGateway({
    registry: connection,
    port: 0,
    logger: loggerTo(log),
  });
  cleanups.push(() => running.close());
  return { url: running.url, log };
}

/** Starts a server that answers "served", and returns its port. */
async function startServer(): Promise<number> {
  const server = createServer((_request, response) => response.end('served'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

describe('register and discover', () => {
  it('registers and unregisters an instance at every observer', async () => {
    const [one, two] = [await startObserver(), await startObserver()];
    const changes = [once(one, 'change'), once(two, 'change')];
    const registration = await register({ ...PLAIN, port: '3000', registry: connection });
    for (const [change] of await Promise.all(changes)) {
      expect(change).toMatchObject({ type: 'registered', instance: { announcement: PLAIN } });
    }
    const exits = [once(one, 'change'), once(two, 'change')];
    await Promise.all([registration.leave(), registration.leave()]);
    for (const [change] of await Promise.all(exits)) expect(change).toHaveProperty('type', 'left');
    expect(one.instances('/v1')).toEqual([]);
  });

  it('announces the loopback address if the broker is on loopback', async () => {
    const { announcement } = await register({ prefix: '/v1', port: 1, registry: connection });
    expect(announcement.address).toBe('127.0.0.1');
  });

  it('does not register again when a table reports, during leave(), that it has left', async () => {
    const one = await startObserver();
    const faults: Error[] = [];
    const registration = await register({
      ...PLAIN,
      registry: connection,
      logger: loggerOfFaults(faults),
    });
    await expect.poll(() => one.instances('/v1').length).toBe(1);
    const leaving = registration.leave();
    await expect.poll(() => one.instances('/v1')).toEqual([]);
    // As a gateway does that still sees it in its presence channel after its exit.
    const { announcement } = registration;
    const channel = `${connection.channels.presencePrefix}${announcement.id}`;
    await publish('table', { nonce: '1', up: [], left: [announcement] }, channel);
    await leaving;
    expect(one.instances('/v1')).toEqual([]);
    expect(faults).toEqual([]);
  });

  it.each([
    [{ ...PLAIN, port: 70_000 }, /port is 70000/],
    [{ ...PLAIN, prefix: 'v1' }, /prefix "v1"/],
    [{ ...PLAIN, address: 'example.com' }, /address is "example.com"/],
  ])('rejects an announcement that observers would refuse: %j', async (fields, message) => {
    await expect(register({ ...fields, registry: connection })).rejects.toThrow(message);
  });

  it('gives a later observer the table of a gateway', async () => {
    await startObserver({ answersRollCalls: true });
    for (let port = 1; port <= 250; port++) await publish('register', { ...PLAIN, port });
    const late = await startObserver();
    await expect.poll(() => late.instances('/v1').length).toBe(250);
    expect(await late.ready(0)).toBe(true);
  });

  it('reports false from ready() if no gateway answers', async () => {
    await startObserver();
    const late = await startObserver();
    expect(await late.ready(50)).toBe(false);
  });

  it('subscribes again after the broker restarts', async () => {
    const directory = await startObserver();
    const lost = once(directory, 'disconnected');
    const { port } = broker;
    await broker.close();
    await lost;
    expect(directory.isConnected).toBe(false);
    const back = once(directory, 'connected');
    broker = await createBroker({ apps: [APP], port });
    await back;
    const change = once(directory, 'change');
    await publish('register', PLAIN);
    await change;
  });
});

describe('a gateway with hostile input', () => {
  it.each<[unknown, RegExp]>([
    ['{"prefix":', /refused register \(bad-announcement\)/],
    ['', /refused register \(bad-announcement\)/],
    [[PLAIN], /refused register \(bad-announcement\)/],
    [{ ...PLAIN, prefix: '/../admin' }, /refused register \(bad-prefix\)/],
    [{ port: 1, address: '127.0.0.1' }, /refused register \(bad-prefix\): prefix is missing/],
    [{ ...PLAIN, port: 0 }, /refused register \(bad-port\)/],
    [{ ...PLAIN, port: '80; rm -rf' }, /refused register \(bad-port\)/],
    [{ ...PLAIN, address: '169.254.169.254' }, /refused register \(bad-address\)/],
    [{ ...PLAIN, address: '127.0.0.1@evil.example' }, /refused register \(bad-address\)/],
    [{ ...PLAIN, address: 'a\r\nroute registered evil' }, /refused register \(bad-address\)/],
  ])('refuses %j with a reason, and keeps working', async (data, reason) => {
    const { url, log } = await startGateway();
    await publish('register', data);
    await publish('register', { ...PLAIN, port: await startServer() });
    await expect.poll(() => log).toContainEqual(expect.stringMatching(/^route registered/));
    expect(log).toContainEqual(expect.stringMatching(reason));
    for (const line of log) expect(line).toMatch(/^[^\p{Cc}]+$/u);
    expect((await ask(`${url}/v1/x`)).body).toBe('served');
  });

  it('ignores client events, which any subscriber can send', async () => {
    const { log } = await startGateway();
    await publish('client-register', PLAIN);
    await publish('register', { ...PLAIN, prefix: '/v2' });
    await expect.poll(() => log).toContainEqual(expect.stringMatching(/\/v2 ->/));
    expect(log.join()).not.toMatch(/\/v1 ->/);
  });

  it('reaches an instance over IPv6', async () => {
    const { url, log } = await startGateway();
    const server = createServer((_request, response) => response.end('by IPv6'));
    server.listen(0, '::1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    await publish('register', { prefix: '/v6', port: String(port), address: '0:0:0:0:0:0:0:1' });
    await expect.poll(() => log).toContainEqual(expect.stringContaining(`-> http://[::1]:${port}`));
    expect((await ask(`${url}/v6`)).body).toBe('by IPv6');
  });
});
