import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { discover, register } from '@rollcall/client';
import type { BrokerConfig, Directory, DiscoverOptions, RegistryConfig } from '@rollcall/client';
import { silentLogger } from '@rollcall/runtime';
import { connectionTo } from '../../../test/support/connection.ts';
import { loggerTo } from '../../../test/support/log.ts';
import { TestRegistry } from '../../../test/support/registry.ts';

let one: TestRegistry;
let two: TestRegistry;
beforeEach(async () => {
  [one, two] = await Promise.all([TestRegistry.start(), TestRegistry.start()]);
});
afterEach(async () => {
  await one.end();
  await two.end();
});

const registryOf = (...brokers: [BrokerConfig, ...BrokerConfig[]]): RegistryConfig => ({
  ...one.connection,
  brokers,
});
const nameOf = ({ broker }: TestRegistry) => `127.0.0.1:${broker.port}`;
const INSTANCE = { prefix: '/v1', port: 3000, address: '127.0.0.1', id: 'a', inc: 5, seq: 0 };

async function observer(registry: RegistryConfig, options: DiscoverOptions = {}) {
  const directory = await discover({
    registry,
    probes: 'never',
    logger: silentLogger,
    ...options,
  });
  one.onEnd(() => directory.close());
  return directory;
}

const status = (directory: Directory) => directory.instances()[0]?.status;

it('an instance that is killed is gone though the other broker has another secret', async () => {
  const wrong = { ...two.connection.brokers[0], secret: 'another' };
  const directory = await observer(registryOf(one.connection.brokers[0], wrong));
  const faults: string[] = [];
  directory.on('fault', ({ message }) => faults.push(message));
  const link = one.link();
  link.subscribe(`${one.connection.channels.presencePrefix}a`, {
    identify: () => ({ user_id: 'a~5', user_info: INSTANCE }),
  });
  await one.publish('register', INSTANCE);
  await vi.waitFor(() => expect(status(directory)).toBe('healthy'));
  // It says which broker refuses.
  const refusal = `the broker at ${nameOf(two)} refused (cannot subscribe to presence-`;
  await vi.waitFor(() => expect(faults.join('\n')).toContain(refusal));
  expect(status(directory)).toBe('healthy');
  link.close();
  await vi.waitFor(() => expect(status(directory)).toBe('suspect'));
});

it('a broker that accepts connections and says nothing is not said to speak HTTP', async () => {
  const server = createServer(() => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  one.onEnd(() => server.close());
  const { port } = server.address() as AddressInfo;
  const lines: string[] = [];
  await observer(registryOf(two.connection.brokers[0], connectionTo(port).brokers[0]), {
    logger: loggerTo(lines),
    timeoutMs: 100,
  });
  // On a busy machine the other broker may be as late.
  const said = new RegExp(
    `127.0.0.1:${port} \\(no response within 0\\.1 s\\): nothing comes back: check that the broker`,
  );
  await vi.waitFor(() => expect(lines).toContainEqual(expect.stringMatching(said)));
  expect(lines.join('\n')).not.toContain('HTTP works');
});

it('an instance that leaves does not say again where it was never registered', async () => {
  await one.stop();
  const lines: string[] = [];
  const registration = await register({
    ...INSTANCE,
    registry: registryOf(one.connection.brokers[0], two.connection.brokers[0]),
    logger: loggerTo(lines),
  });
  await vi.waitFor(() => expect(lines).toHaveLength(2));
  await registration.leave();
  expect(lines).toEqual([
    expect.stringMatching(/^registered /),
    expect.stringMatching(/^not registered at this broker yet/),
  ]);
  await one.startAgain();
});

it('two names of one broker are no other gateway, and an instance is announced once', async () => {
  const [at] = one.connection.brokers;
  const port = one.broker.port;
  const registry = registryOf(at, { ...at, server: { host: 'localhost', port } });
  const directory = await observer(registry, { name: 'mine', answersRollCalls: true });
  const changes: string[] = [];
  directory.on('change', ({ type }) => changes.push(type));
  const registration = await register({ ...INSTANCE, registry, logger: silentLogger });
  await vi.waitFor(() => expect(status(directory)).toBe('healthy'));
  // Its second roll call would have come back by the other connection.
  await observer(registry, { name: 'another', answersRollCalls: true });
  await vi.waitFor(() => expect(directory.peers().map(({ name }) => name)).toEqual(['another']));
  await registration.leave();
  await vi.waitFor(() => expect(changes).toEqual(['registered', 'left']));
});
