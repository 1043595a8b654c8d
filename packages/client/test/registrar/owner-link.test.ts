import PusherModule from 'pusher-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { discover, register } from '@rollcall/client';
import type { Directory, Registration } from '@rollcall/client';
import { silentLogger } from '@rollcall/runtime';
import { TestRegistry } from '../../../../test/support/registry.ts';

let registry: TestRegistry;
beforeEach(async () => {
  registry = await TestRegistry.start();
});
afterEach(() => registry.end());

/** The connections that are open, or being opened. */
const connections = () =>
  (PusherModule as unknown as { readonly instances: readonly unknown[] }).instances.length;

async function owner(id: string, port: number): Promise<Registration> {
  const { connection } = registry;
  const options = { prefix: '/v1', address: '127.0.0.1', registry: connection };
  const registration = await register({ ...options, id, port, logger: silentLogger });
  registry.onEnd(() => registration.leave().catch(() => {}));
  return registration;
}

async function observer(): Promise<Directory> {
  const directory = await discover({ registry: { ...registry.connection }, probes: 'never' });
  registry.onEnd(() => directory.close());
  return directory;
}

const statuses = (directory: Directory) =>
  Object.fromEntries(directory.instances().map(({ key, status }) => [key, status]));

describe('instances of one process and one registry', () => {
  it('share a connection, which is closed when the last of them has left', async () => {
    const [one, two] = [await owner('one', 3001), await owner('two', 3002)];
    expect(connections()).toBe(1);
    const directory = await observer();
    await vi.waitFor(() => expect(statuses(directory)).toEqual({ one: 'healthy', two: 'healthy' }));
    await one.leave();
    await one.leave();
    await vi.waitFor(() => expect(statuses(directory)).toEqual({ two: 'healthy' }));
    // Only the observer's is left after that.
    await two.leave();
    expect(connections()).toBe(1);
  });

  it('each answer a roll call, and are known again after an outage of the broker', async () => {
    const [one] = [await owner('one', 3001), await owner('two', 3002)];
    // What a presence channel shows is what an instance joined with. Later changes are asked for.
    await one.update({ weight: 7 });
    await registry.stop();
    await registry.startAgain();
    const directory = await observer();
    await vi.waitFor(() => expect(statuses(directory)).toEqual({ one: 'healthy', two: 'healthy' }));
    const weight = () =>
      directory.instances().find(({ key }) => key === 'one')?.announcement.weight;
    await vi.waitFor(() => expect(weight()).toBe(7));
  });

  it('one that leaves and registers again at once is in its presence channel', async () => {
    await owner('other', 3002);
    const first = await owner('one', 3001);
    await first.leave();
    await owner('one', 3001);
    await first.leave();
    const directory = await observer();
    await vi.waitFor(() =>
      expect(statuses(directory)).toEqual({ one: 'healthy', other: 'healthy' }),
    );
  });
});
