import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { discover, LEAVE_WINDOW_MS, register } from '@rollcall/client';
import type { Directory, DiscoverOptions, RegisterOptions, Registration } from '@rollcall/client';
import type { Heard } from '../../../../test/support/registry.ts';
import { onlyConnection } from '../../../../test/support/connection.ts';
import { TestRegistry } from '../../../../test/support/registry.ts';
import { loggerOfFaults } from '../../../../test/support/log.ts';
import { silentLogger } from '@rollcall/runtime';

let registry: TestRegistry;
beforeEach(async () => {
  registry = await TestRegistry.start();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await registry.end();
});

async function owner(fields: Partial<RegisterOptions> = {}): Promise<Registration> {
  const { connection } = registry;
  const registration = await register({
    prefix: '/v1',
    port: 3000,
    address: '127.0.0.1',
    id: 'a',
    registry: connection,
    logger: silentLogger,
    ...fields,
  });
  registry.onEnd(() => registration.leave().catch(() => {}));
  return registration;
}

async function observer(options: DiscoverOptions = {}): Promise<Directory> {
  const directory = await discover({
    registry: registry.connection,
    probes: 'never',
    ...options,
  });
  registry.onEnd(() => directory.close());
  return directory;
}

/** What a directory holds of the instance `a`. */
const held = (directory: Directory) =>
  directory.instances().find(({ key }) => key === 'a')?.announcement;

const names = (heard: readonly Heard[]) => heard.map(({ event }) => event);
/** Off by less than what the broker takes for a clock that is wrong. */
const inAWhile = () => Date.now() + 300_000;
const incOf = (registration: Registration) => registration.announcement.inc ?? NaN;

describe('an owner in a presence channel', () => {
  it('is found by a later observer without help of others', async () => {
    const registration = await owner({ zone: 'z', meta: { k: 'v' } });
    const heard = await registry.hear();
    const directory = await observer();
    await vi.waitFor(() => expect(held(directory)).toEqual(registration.announcement));
    expect(directory.instances()[0]?.status).toBe('healthy');
    // The transport reported it, so there was nothing to ask.
    expect(names(heard)).not.toContain('register');
  });

  it('publishes an update to present and later observers', async () => {
    const directory = await observer();
    const registration = await owner();
    await vi.waitFor(() => expect(held(directory)).toBeDefined());
    await registration.update({ weight: 7, meta: { k: 'v' } });
    await registration.update({ draining: true });
    const expected = { seq: 2, weight: 7, meta: { k: 'v' }, draining: true };
    expect(registration.announcement).toMatchObject(expected);
    await vi.waitFor(() => expect(held(directory)).toMatchObject(expected));
    expect(directory.routable('/v1')).toEqual([]);
    // The transport still has its first words, so that it has to answer a roll call.
    const late = await observer();
    await vi.waitFor(() => expect(held(late)).toMatchObject(expected));
  });

  it('rejects an invalid update, and stays as it is', async () => {
    const registration = await owner();
    const before = registration.announcement;
    const heard = await registry.hear();
    for (const change of [{ weight: 0 }, { weight: 101 }, { meta: { k: 'x'.repeat(1100) } }]) {
      await expect(registration.update(change)).rejects.toMatchObject({
        code: 'ROLLCALL_ANNOUNCEMENT',
      });
    }
    await registry.settled(heard);
    expect(registration.announcement).toEqual(before);
    expect(heard).toEqual([]);
  });

  it('generates an id if it is undefined', async () => {
    const { id } = (await owner(JSON.parse('{}') as object)).announcement;
    expect(id).toBe('a');
    const unset = { id: process.env['ROLLCALL_NO_SUCH_VARIABLE'] } as { id: string };
    expect((await owner(unset)).announcement.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is present again after the broker restarts, for old and new observers', async () => {
    const directory = await observer();
    const registration = await owner();
    await vi.waitFor(() => expect(held(directory)).toBeDefined());
    const lost: string[] = [];
    directory.on('change', ({ type }) => lost.push(type));

    await registry.stop();
    await once(directory, 'disconnected');
    await registry.startAgain();
    await once(directory, 'connected');
    expect(held(directory)).toEqual(registration.announcement);
    await vi.waitFor(() => expect(directory.instances()[0]?.status).toBe('healthy'));
    expect(lost).not.toContain('left');
    expect(lost).not.toContain('down');
    const late = await observer();
    await vi.waitFor(() => expect(held(late)).toEqual(registration.announcement));
  });
});

describe('an owner whose clock was set back', () => {
  it('outbids its last run once an observer reports it', async () => {
    const faults: Error[] = [];
    const directory = await observer({ answersRollCalls: true });
    const before = { prefix: '/v1', port: 3000, address: '127.0.0.1', id: 'a', inc: inAWhile() };
    await registry.publish('register', before);
    await vi.waitFor(() => expect(held(directory)?.inc).toBe(before.inc));
    const registration = await owner({ logger: loggerOfFaults(faults) });
    await vi.waitFor(() => expect(held(directory)?.inc).toBe(before.inc + 1));
    expect(registration.announcement).toMatchObject({ inc: before.inc + 1, seq: 0 });
    await vi.waitFor(() => expect(directory.instances()[0]?.status).toBe('healthy'));
    expect(faults.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^another run of a has a higher incarnation.*two programs/),
    ]);
    // The transport knows it as that run too.
    const late = await observer();
    await vi.waitFor(() => expect(held(late)?.inc).toBe(before.inc + 1));
  });

  it('outbids a last run that left', async () => {
    const directory = await observer({ answersRollCalls: true });
    const before = { prefix: '/v1', port: 3000, address: '127.0.0.1', id: 'a', inc: inAWhile() };
    await registry.publish('exit', before);
    const registration = await owner();
    await vi.waitFor(() => expect(held(directory)?.inc).toBe(before.inc + 1));
    await registration.update({ weight: 2 });
    await vi.waitFor(() => expect(held(directory)).toMatchObject({ weight: 2, seq: 1 }));
    await registration.leave();
    await vi.waitFor(() => expect(held(directory)).toBeUndefined());
  });

  it('outbids another program with its id, and reports it', async () => {
    const faults: Error[] = [];
    const ahead = inAWhile();
    vi.spyOn(Date, 'now').mockReturnValue(ahead);
    const other = await owner();
    vi.restoreAllMocks();
    const registration = await owner({ logger: loggerOfFaults(faults) });
    await vi.waitFor(() => expect(faults).not.toEqual([]));
    expect(incOf(registration)).toBeGreaterThan(ahead);
    await other.leave();
  });

  it('ignores invalid messages in its channel', async () => {
    const registration = await owner();
    const inc = incOf(registration);
    const channel = `${registry.connection.channels.presencePrefix}a`;
    const heard = await registry.hear();
    for (const data of [
      {},
      'text',
      { nonce: 'n', up: [{ id: 'a', inc: inc + 1 }], left: [] },
      { nonce: 'n', up: [{ ...registration.announcement, id: 'b', inc: inc + 1 }], left: [] },
      { nonce: 'n', up: [{ ...registration.announcement, inc: inc - 1 }], left: [] },
    ]) {
      await registry.publish('table', data, channel);
    }
    // In its own channel only the table counts, and in that of the registry nothing.
    const later = { ...registration.announcement, inc: inc + 5 };
    await registry.publish('register', later, channel);
    await registry.publish('table', { nonce: 'n', up: [later], left: [] });
    await registry.settled(heard);
    expect(incOf(registration)).toBe(inc);
  });
});

describe('an owner that leaves', () => {
  it('has left when the exit was accepted and gateways had time to apply it', async () => {
    const directory = await observer();
    const registration = await owner();
    await vi.waitFor(() => expect(held(directory)).toBeDefined());
    let gone = Infinity;
    directory.on('change', ({ type }) => {
      if (type === 'left') gone = performance.now();
    });
    await registration.leave();
    expect(performance.now() - gone).toBeGreaterThan(LEAVE_WINDOW_MS / 2);
    expect(held(directory)).toBeUndefined();
  });

  it('sends nothing else while it leaves', async () => {
    const registration = await owner();
    const heard = await registry.hear();
    const { channels } = registry.connection;
    const left = [{ ...registration.announcement }];
    const leaving = registration.leave();
    await vi.waitFor(() => expect(names(heard)).toEqual(['exit']));
    await registry.publish('rollcall', { nonce: 'q', digest: '', size: 0 }, channels.owners);
    const table = { nonce: 'n', up: [], left };
    await registry.publish('table', table, `${channels.presencePrefix}a`);
    // It is still in its channel: an observer that comes now tells it that its run is over.
    const directory = await observer({ answersRollCalls: true });
    await registry.publish('exit', registration.announcement);
    await directory.ready(100);
    await leaving;
    await registry.settled(heard);
    expect(names(heard)).not.toContain('register');
    expect(registration.announcement).toEqual(left[0]);
    expect(held(directory)).toBeUndefined();
  });

  it('leaves once, and can try again after a failure', async () => {
    const registration = await owner();
    await registry.stop();
    const failing = registration.leave();
    expect(registration.leave()).toBe(failing);
    await expect(failing).rejects.toMatchObject({ code: 'ROLLCALL_BROKER_UNREACHABLE' });
    await registry.startAgain();
    const heard = await registry.hear();
    const leaving = registration.leave();
    await leaving;
    await registration.leave();
    await registry.settled(heard);
    expect(names(heard).filter((event) => event === 'exit')).toHaveLength(1);
  });
});

it('cannot register with an unreachable broker that it requires', async () => {
  await registry.stop();
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  await expect(owner({ requireBroker: true })).rejects.toMatchObject({
    code: 'ROLLCALL_BROKER_UNREACHABLE',
  });
  const after = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  expect(after).toBeLessThanOrEqual(before);
});

it('cannot register with an unknown key if it requires the broker', async () => {
  const connection = { ...onlyConnection(registry.connection), key: 'unknown' };
  const unknown = { ...registry.connection, brokers: [connection] as const };
  await expect(owner({ registry: unknown, requireBroker: true })).rejects.toMatchObject({
    code: 'ROLLCALL_BROKER_REFUSED',
  });
});
