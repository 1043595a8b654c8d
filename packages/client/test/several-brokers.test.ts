import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { discover, openSealedChannel, register } from '@rollcall/client';
import type {
  BrokerConfig,
  Directory,
  DiscoverOptions,
  RegisterOptions,
  Registration,
  RegistryConfig,
} from '@rollcall/client';
import { describeEvent } from '@rollcall/protocol';
import { silentLogger } from '@rollcall/runtime';
import { watchEvents } from '../src/observer/watch-events.ts';
import { connectionTo } from '../../../test/support/connection.ts';
import { loggerTo } from '../../../test/support/log.ts';
import { TestRegistry } from '../../../test/support/registry.ts';

let one: TestRegistry;
let two: TestRegistry;
let both: RegistryConfig;
beforeEach(async () => {
  [one, two] = await Promise.all([TestRegistry.start(), TestRegistry.start()]);
  both = registryOf(one.connection.brokers[0], two.connection.brokers[0]);
});
afterEach(async () => {
  await one.end();
  await two.end();
});

function registryOf(first: BrokerConfig, ...others: BrokerConfig[]): RegistryConfig {
  return { ...one.connection, brokers: [first, ...others] };
}

async function owner(fields: Partial<RegisterOptions> = {}): Promise<Registration> {
  const at = { prefix: '/v1', port: 3000, address: '127.0.0.1', id: 'a', registry: both };
  const registration = await register({ ...at, logger: silentLogger, ...fields });
  one.onEnd(() => registration.leave().catch(() => {}));
  return registration;
}

async function observer(options: DiscoverOptions = {}): Promise<Directory> {
  const directory = await discover({
    registry: both,
    probes: 'never',
    logger: silentLogger,
    ...options,
  });
  one.onEnd(() => directory.close());
  return directory;
}

/** The events that a directory reports from now on. */
function told(directory: Directory): string[] {
  const lines: string[] = [];
  watchEvents(directory, (event) => lines.push(describeEvent(event).message));
  return lines;
}

/** A broker that accepts connections and answers nothing. */
async function hangingBroker(): Promise<BrokerConfig> {
  const server = createServer(() => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  one.onEnd(() => server.close());
  return connectionTo((server.address() as AddressInfo).port).brokers[0];
}

const held = (directory: Directory, key = 'a') =>
  directory.instances().find((each) => each.key === key)?.announcement;
const nameOf = ({ broker }: TestRegistry) => `127.0.0.1:${broker.port}`;

describe('a registry over two brokers', () => {
  it('tells of an instance once, and of each broker that is lost and found again', async () => {
    const directory = await observer();
    const lines = told(directory);
    const registration = await owner();
    await vi.waitFor(() => expect(held(directory)).toBeDefined());
    const late = await observer({ registry: two.connection });
    await vi.waitFor(() => expect(held(late)).toBeDefined());

    await one.stop();
    await vi.waitFor(() =>
      expect(directory.brokers().map((each) => each.isConnected)).toEqual([false, true]),
    );
    expect(directory.isConnected).toBe(true);
    await registration.update({ weight: 7 });
    await vi.waitFor(() => expect(held(directory)?.weight).toBe(7));

    await one.startAgain();
    const there = await observer({ registry: one.connection });
    await vi.waitFor(() => expect(held(there)?.weight).toBe(7));
    await vi.waitFor(() => expect(lines.at(-1)).toMatch(/^connected to/));
    await registration.leave();
    await vi.waitFor(() => expect(held(directory)).toBeUndefined());
    expect(lines).toEqual([
      expect.stringMatching(/^route registered/),
      `lost the connection to the broker at ${nameOf(one)}: ${nameOf(two)} stays connected`,
      expect.stringMatching(/^route updated .*: weight/),
      `connected to the broker at ${nameOf(one)}`,
      expect.stringMatching(/^route unregistered .*it has left/),
    ]);
  });

  it('has no doubt about an instance while one of them is replaced by an empty one', async () => {
    const directory = await observer();
    await owner();
    await vi.waitFor(() => expect(held(directory)).toBeDefined());
    const lines = told(directory);
    for (const each of [one, two]) {
      await each.stop();
      await each.startAgain();
      await vi.waitFor(() =>
        expect(lines.at(-1)).toBe(`connected to the broker at ${nameOf(each)}`),
      );
      // The owner has joined it, too, so that the other one can be replaced.
      const there = await observer({ registry: each.connection });
      await vi.waitFor(() => expect(held(there)).toBeDefined());
    }
    expect(lines).toHaveLength(4);
    expect(directory.instances()[0]?.status).toBe('healthy');
  });

  it('is what it was for as long as both are away', async () => {
    const directory = await observer();
    await owner();
    await vi.waitFor(() => expect(held(directory)).toBeDefined());
    let times = 0;
    directory.on('disconnected', () => times++);
    await Promise.all([one.stop(), two.stop()]);
    await vi.waitFor(() => expect(directory.isConnected).toBe(false));
    expect(directory.routable('/v1')).toHaveLength(1);
    expect(times).toBe(1);
    await Promise.all([one.startAgain(), two.startAgain()]);
  });

  it('knows an instance that is announced at one of them only', async () => {
    const directory = await observer();
    await owner({ registry: two.connection });
    await vi.waitFor(() => expect(held(directory)).toBeDefined());
    await one.stop();
    await vi.waitFor(() => expect(directory.brokers()[0]?.isConnected).toBe(false));
    expect(directory.instances()[0]?.status).toBe('healthy');
    await one.startAgain();
  });
});

describe('an instance of two brokers', () => {
  it('is registered as soon as one accepts it, and later at the other, which is said', async () => {
    await one.stop();
    const lines: string[] = [];
    const registration = await owner({ logger: loggerTo(lines) });
    await registration.registered;
    await vi.waitFor(() => expect(lines.join('\n')).toMatch(/not registered at this broker yet/));
    expect(lines.filter((line) => line.startsWith('registered'))).toEqual([
      `registered prefix=/v1 address=127.0.0.1 port=3000 broker=${nameOf(two)}`,
    ]);
    await one.startAgain();
    await vi.waitFor(() =>
      expect(lines.at(-1)).toBe(`registered at another broker broker=${nameOf(one)}`),
    );
    const there = await observer({ registry: one.connection });
    await vi.waitFor(() => expect(held(there)).toBeDefined());
  });

  it('leaves in bounded time if one of them hangs', async () => {
    const registration = await owner({
      registry: registryOf(await hangingBroker(), two.connection.brokers[0]),
    });
    await registration.registered;
    const directory = await observer({ registry: two.connection });
    await vi.waitFor(() => expect(held(directory)).toBeDefined());
    const begun = performance.now();
    const left = registration.leave();
    await vi.waitFor(() => expect(held(directory)).toBeUndefined());
    await left;
    // Half a second for observers, half a second for the other broker, and a busy machine.
    expect(performance.now() - begun).toBeLessThan(3000);
  });

  it('is an error only if no broker accepts it that it requires', async () => {
    await one.stop();
    await expect(owner({ requireBroker: true })).resolves.toBeDefined();
    await expect(observer({ requireBroker: true })).resolves.toBeDefined();
    await two.stop();
    const refused = { code: 'ROLLCALL_BROKER_UNREACHABLE' };
    await expect(owner({ id: 'b', requireBroker: true })).rejects.toMatchObject(refused);
    await expect(observer({ requireBroker: true })).rejects.toMatchObject(refused);
    await Promise.all([one.startAgain(), two.startAgain()]);
  });

  it('continues at both as a later run if another program holds one', async () => {
    const directories = await Promise.all(
      [one, two].map(({ connection }) => observer({ registry: connection })),
    );
    const registration = await owner();
    const { inc = 0 } = registration.announcement;
    const channel = `${one.connection.channels.presencePrefix}a`;
    const later = { ...registration.announcement, inc: inc + 10 };
    await two.publish('table', { nonce: 'n', up: [later], left: [] }, channel);
    for (const each of directories) await vi.waitFor(() => expect(held(each)?.inc).toBe(inc + 11));
  });

  it('is announced by leases to both', async () => {
    const registration = await owner({ id: 'b', mode: 'lease', ttl: 60 });
    for (const each of [one, two]) {
      const directory = await observer({ registry: each.connection });
      await registration.update({ weight: 3 });
      await vi.waitFor(() => expect(held(directory, 'b')?.weight).toBe(3));
    }
  });
});

it('delivers a message of a sealed channel once', async () => {
  const name = 'x';
  const key = Buffer.alloc(32, 1).toString('base64');
  const heard: unknown[] = [];
  let subscribed = 0;
  const open = (onMessage: (data: unknown) => void) => {
    const channel = openSealedChannel(both, {
      name,
      key,
      onSubscribed: () => subscribed++,
      onDisconnected: () => {},
      onMessage,
      onUnreadable: () => heard.push('unreadable'),
    });
    one.onEnd(() => channel.close());
    return channel;
  };
  open((data) => heard.push(data));
  const sender = open(() => {});
  await vi.waitFor(() => expect(subscribed).toBe(4));
  await sender.publish('first');
  await one.stop();
  await sender.publish('second');
  await vi.waitFor(() => expect(heard).toContain('second'));
  await delay(0);
  expect(heard).toEqual(['first', 'second']);
  await one.startAgain();
});
