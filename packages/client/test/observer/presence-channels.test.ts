import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { discover } from '@rollcall/client';
import type { Directory, DiscoverOptions } from '@rollcall/client';

import { TestRegistry } from '../../../../test/support/registry.ts';
import type { Link } from '../../src/transport/link.ts';
import { freePort } from '../../../../test/support/free-port.js';

let registry: TestRegistry;
beforeEach(async () => {
  registry = await TestRegistry.start();
});
afterEach(() => registry.end());

async function observer(options: DiscoverOptions = {}): Promise<Directory> {
  const { connection } = registry;
  const directory = await discover({ registry: connection, probes: 'never', ...options });
  registry.onEnd(() => directory.close());
  return directory;
}

const announcement = (id: string, fields: object = {}) => ({
  prefix: '/v1',
  port: 3000 + (id.codePointAt(0) ?? 0),
  address: '127.0.0.1',
  id,
  inc: 1,
  seq: 0,
  ...fields,
});

/** Joins the presence channel of an instance under any identity, and publishes nothing in the registry. */
async function join(id: string, userId: string, userInfo: object): Promise<Link> {
  const link = registry.link();
  await new Promise<void>((resolve) => {
    link.subscribe(registry.connection.channels.presencePrefix + id, {
      identify: () => ({ user_id: userId, user_info: userInfo }),
      onSubscribed: () => resolve(),
    });
  });
  return link;
}

const status = (directory: Directory, id: string) =>
  directory.instances().find(({ key }) => key === id)?.status;

describe('an observer', () => {
  it('finds instances in presence channels, without a message from them', async () => {
    const ids = ['a', 'b', 'c.d-e_f'];
    for (const id of ids) await join(id, `${id}~1`, announcement(id));
    const directory = await observer();
    await vi.waitFor(() => {
      expect(new Set(directory.instances().map(({ key }) => key))).toEqual(new Set(ids));
    });
    expect(directory.instances().map((each) => each.status)).toEqual([
      'healthy',
      'healthy',
      'healthy',
    ]);
  });

  it('ignores another registry on the same broker', async () => {
    await join('a', 'a~1', announcement('a'));
    const other = registry.link();
    await new Promise<void>((resolve) => {
      other.subscribe('presence-other.b', {
        identify: () => ({ user_id: 'b~1', user_info: announcement('b') }),
        onSubscribed: () => resolve(),
      });
    });
    const directory = await observer();
    await vi.waitFor(() => expect(status(directory, 'a')).toBe('healthy'));
    expect(directory.instances()).toHaveLength(1);
  });

  it('suspects an instance that leaves its channel, until a probe decides', async () => {
    const server = createServer((_request, response) => response.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    registry.onEnd(() => server.close());
    const { port } = server.address() as AddressInfo;
    const gone = await freePort();
    const links = [
      await join('a', 'a~1', announcement('a', { port })),
      await join('b', 'b~1', announcement('b', { port: gone })),
    ];
    const directory = await observer({ probes: 'suspect' });
    await vi.waitFor(() => expect(directory.instances()).toHaveLength(2));
    const types: string[] = [];
    directory.on('change', ({ type, instance }) => types.push(`${instance.key} ${type}`));
    for (const link of links) link.close();
    await vi.waitFor(() => expect(types).toHaveLength(4));
    expect(types.toSorted()).toEqual(['a recovered', 'a suspected', 'b down', 'b suspected']);
  });

  it('joins the channels of announced instances, and notices when they leave', async () => {
    const directory = await observer();
    const link = await join('a', 'a~1', announcement('a'));
    expect(directory.instances()).toEqual([]);
    await registry.publish('register', announcement('a'));
    await vi.waitFor(() => expect(status(directory, 'a')).toBe('healthy'));
    // Until it has joined, it cannot see members leave.
    await vi.waitFor(async () => expect(await members('a')).toContain('observer'));
    link.close();
    await vi.waitFor(() => expect(status(directory, 'a')).toBe('suspect'));
  });

  it('suspects an instance that announces itself outside its channel', async () => {
    const directory = await observer();
    await registry.publish('register', announcement('a'));
    await vi.waitFor(() => expect(status(directory, 'a')).toBe('suspect'));
  });

  it('leaves the channels of instances that left', async () => {
    const directory = await observer();
    const link = await join('a', 'a~1', announcement('a'));
    await registry.publish('register', announcement('a'));
    await vi.waitFor(async () => expect(await members('a')).toContain('observer'));
    await registry.publish('exit', announcement('a'));
    await vi.waitFor(() => expect(directory.instances()).toEqual([]));
    await vi.waitFor(async () => expect(await members('a')).not.toContain('observer'));
    link.close();
  });

  it('refuses a member with a false identity, and reports it', async () => {
    await join('a', 'a~1', announcement('b'));
    await join('c', 'c~2', announcement('c'));
    await join('d', 'somebody', { any: 'thing' });
    await join('e', 'e~1', announcement('e'));
    const directory = await observer();
    const refused: string[] = [];
    directory.on('refused', (event, { code }) => refused.push(`${event} ${code}`));
    await vi.waitFor(() => expect(status(directory, 'e')).toBe('healthy'));
    await vi.waitFor(() => expect(refused).toHaveLength(3));
    expect(new Set(refused)).toEqual(new Set(['presence bad-announcement', 'presence bad-prefix']));
    expect(directory.instances()).toHaveLength(1);
  });

  it('calls the roll of owners, whose latest announcements presence may lack', async () => {
    const owners = await registry.hear(registry.connection.channels.owners);
    await join('a', 'a~1', announcement('a'));
    await observer();
    await vi.waitFor(() => expect(owners).toHaveLength(1));
    // One is known: its owner need not answer.
    expect(owners[0]).toMatchObject({ event: 'rollcall', data: { size: 1 } });
  });

  it('sends nothing after it is closed', async () => {
    for (const id of ['a', 'b']) await join(id, `${id}~1`, announcement(id));
    const owners = await registry.hear(registry.connection.channels.owners);
    const directory = await observer();
    const faults: Error[] = [];
    directory.on('fault', (error) => faults.push(error));
    // Its snapshots are still on their way.
    directory.close();
    const before = owners.length;
    await registry.publish(
      'rollcall',
      { nonce: 'q', digest: '' },
      registry.connection.channels.owners,
    );
    await vi.waitFor(() => expect(owners.length).toBeGreaterThan(before));
    expect(owners.slice(before)).toMatchObject([{ data: { nonce: 'q' } }]);
    expect(faults).toEqual([]);
  });

  it('keeps its table through an outage, including instances that did not return', async () => {
    const { connection } = registry;
    await join('a', 'a~1', announcement('a'));
    const stays = await join('b', 'b~1', announcement('b'));
    const directory = await observer();
    await vi.waitFor(() => expect(directory.instances()).toHaveLength(2));
    await registry.stop();
    await once(directory, 'disconnected');
    expect(directory.isConnected).toBe(false);
    expect(directory.routable('/v1')).toHaveLength(2);
    stays.unsubscribe(`${connection.channels.presencePrefix}b`);
    await registry.startAgain();
    await once(directory, 'resynced');
    await vi.waitFor(() => expect(status(directory, 'a')).toBe('healthy'));
    await vi.waitFor(() => expect(status(directory, 'b')).toBe('suspect'));
    expect(directory.routable('/v1').map(({ key }) => key)).toEqual(['a']);
  });
});

/** The members of the presence channel of an instance, as a new subscriber receives them. */
async function members(id: string): Promise<string[]> {
  const link = registry.link();
  const ids = await new Promise<string[]>((resolve) => {
    link.subscribe(registry.connection.channels.presencePrefix + id, {
      identify: () => ({ user_id: 'spectator' }),
      onSubscribed: (all) => resolve(all.map(({ userId }) => userId)),
    });
  });
  link.unsubscribe(registry.connection.channels.presencePrefix + id);
  return ids;
}
