import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { discover, register } from '@rollcall/client';
import type { RegisterOptions, Registration } from '@rollcall/client';
import { TestRegistry } from '../../../../test/support/registry.ts';
import type { Heard } from '../../../../test/support/registry.ts';
import { loggerOfFaults } from '../../../../test/support/log.ts';
import { silentLogger } from '@rollcall/runtime';

let registry: TestRegistry;
beforeEach(async () => {
  registry = await TestRegistry.start();
});
afterEach(() => registry.end());

async function owner(fields: Partial<RegisterOptions> = {}): Promise<Registration> {
  const registration = await register({
    prefix: '/v1',
    port: 3000,
    address: '127.0.0.1',
    id: 'a',
    mode: 'lease',
    registry: registry.connection,
    ...fields,
  });
  registry.onEnd(() => registration.leave().catch(() => {}));
  return registration;
}

const said = (heard: readonly Heard[], event = 'register') =>
  heard.filter((each) => each.event === event).map(({ data }) => data);

describe('an owner with a lease', () => {
  it('announces its duration, 300 seconds by default', async () => {
    expect((await owner()).announcement.ttl).toBe(300);
    expect((await owner({ id: 'b', ttl: 30 })).announcement.ttl).toBe(30);
    await expect(owner({ id: 'c', ttl: 0 })).rejects.toMatchObject({
      code: 'ROLLCALL_ANNOUNCEMENT',
      message: expect.stringMatching(/ttl is 0/) as string,
    });
  });

  it('renews it, with the latest update', async () => {
    const heard = await registry.hear();
    const registration = await owner({ ttl: 1 });
    await vi.waitFor(() => expect(said(heard).length).toBeGreaterThanOrEqual(3));
    for (const each of said(heard)) expect(each).toMatchObject({ id: 'a', seq: 0, ttl: 1 });
    await registration.update({ weight: 3 });
    const renewed = () => said(heard).filter((each) => (each as { seq: number }).seq === 1);
    await vi.waitFor(() => expect(renewed().length).toBeGreaterThanOrEqual(2));
    expect(renewed().at(-1)).toMatchObject({ id: 'a', ttl: 1, weight: 3 });
  });

  it('is not suspected while it renews, nor for lack of presence', async () => {
    const directory = await discover({ registry: registry.connection, probes: 'never' });
    registry.onEnd(() => directory.close());
    const doubts: string[] = [];
    directory.on('change', ({ type }) => doubts.push(type));
    await owner({ ttl: 1 });
    const heard = await registry.hear();
    await vi.waitFor(() => expect(said(heard).length).toBeGreaterThanOrEqual(5));
    expect(doubts).toEqual(['registered']);
  });

  it('continues after an outage of the broker, and reports it', async () => {
    const faults: Error[] = [];
    await owner({ ttl: 1, logger: loggerOfFaults(faults) });
    await registry.stop();
    await vi.waitFor(() => expect(faults).not.toEqual([]));
    expect(faults[0]).toMatchObject({ code: 'ROLLCALL_BROKER_UNREACHABLE' });
    await registry.startAgain();
    const heard = await registry.hear();
    await vi.waitFor(() => expect(said(heard)).not.toEqual([]));
    expect(said(heard)[0]).toMatchObject({ id: 'a', seq: 0 });
  });

  it('sends nothing after it has left', async () => {
    const directory = await discover({ registry: registry.connection, probes: 'never' });
    registry.onEnd(() => directory.close());
    const registration = await owner({ ttl: 1 });
    const heard = await registry.hear();
    const gone = once(directory, 'change', { signal: AbortSignal.timeout(5000) });
    if (directory.instances().length === 0) await gone;
    // It waits for longer than it takes to be due again.
    await registration.leave();
    await registry.settled(heard);
    const events = heard.map(({ event }) => event);
    expect(events.lastIndexOf('register')).toBeLessThan(events.indexOf('exit'));
    expect(said(heard, 'exit')).toEqual([registration.announcement]);
    expect(directory.instances()).toEqual([]);
  });

  it('can leave again after a failure', async () => {
    const registration = await owner({ logger: silentLogger });
    await registry.stop();
    await expect(registration.leave()).rejects.toMatchObject({
      code: 'ROLLCALL_BROKER_UNREACHABLE',
    });
    await registry.startAgain();
    const heard = await registry.hear();
    await registration.leave();
    await registry.settled(heard);
    expect(said(heard, 'exit')).toHaveLength(1);
  });

  it('holds no connection to the broker', async () => {
    const channel = `${registry.connection.channels.presencePrefix}a`;
    await owner();
    const link = registry.link();
    const members = await new Promise((resolve) => {
      link.subscribe(channel, {
        identify: () => ({ user_id: 'observer' }),
        onSubscribed: (all) => resolve(all.map(({ userId }) => userId)),
      });
    });
    expect(members).toEqual(['observer']);
  });
});
