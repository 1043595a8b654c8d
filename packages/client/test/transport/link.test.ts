import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RawClient } from '../../../broker/test/raw-client.ts';
import { APP, connectionTo, onlyConnection } from '../../../../test/support/connection.ts';
import { TestRegistry } from '../../../../test/support/registry.ts';
import { openBrokerAuthority } from '../../src/broker-authority.ts';
import { openLink } from '../../src/transport/link.ts';
import type { Subscription } from '../../src/transport/owner-access.ts';
import { createPublisher } from '../../src/transport/publisher.ts';
import type { ChannelHandlers, Link } from '../../src/transport/link.ts';

let registry: TestRegistry;
beforeEach(async () => {
  registry = await TestRegistry.start();
});
afterEach(() => registry.end());

/** Subscribes and resolves when that is done, to what happens in the channel from then on. */
async function subscribed(link: Link, channel: string, identity?: object): Promise<string[]> {
  const happened: string[] = [];
  await new Promise<void>((resolve) => {
    const handlers: ChannelHandlers = {
      onSubscribed: (members) => {
        happened.push(`subscribed ${members.map(({ userId }) => userId).join()}`.trim());
        resolve();
      },
      onEvent: (event, data) => happened.push(`${event} ${JSON.stringify(data)}`),
      onJoined: ({ userId, userInfo }) => happened.push(`+${userId} ${JSON.stringify(userInfo)}`),
      onParted: (userId) => happened.push(`-${userId}`),
      ...(identity !== undefined && { identify: () => identity as { user_id: string } }),
    };
    link.subscribe(channel, handlers);
  });
  return happened;
}

it('an auth server is not asked again for a channel that was left', async () => {
  const asked: string[] = [];
  const access = {
    authorize({ channelName }: Subscription) {
      asked.push(channelName);
      return Promise.reject(new Error('not yet'));
    },
    publish: () => Promise.resolve(),
  };
  const link = openLink({ ...onlyConnection(registry.connection), access }, {});
  registry.onEnd(() => link.close());
  link.subscribe('private-left', {});
  await vi.waitFor(() => expect(asked).toEqual(['private-left']));
  link.unsubscribe('private-left');
  link.subscribe('private-kept', {});
  // It waits 1.5 s at least until then, and the first one would have waited 1 s at most.
  const kept = () => asked.filter((each) => each === 'private-kept');
  await vi.waitFor(() => expect(kept()).toHaveLength(3), { timeout: 10_000 });
  expect(asked).toHaveLength(4);
});

describe('a link', () => {
  it('receives the members of a presence channel, and those that join and leave', async () => {
    const [one, two] = [registry.link(), registry.link()];
    const happened = await subscribed(one, 'presence-x', { user_id: 'a', user_info: { n: 1 } });
    const other = await subscribed(two, 'presence-x', { user_id: 'b', user_info: { n: 2 } });
    expect(other).toEqual(['subscribed a,b']);
    await vi.waitFor(() => expect(happened).toEqual(['subscribed a', '+b {"n":2}']));
    two.close();
    await vi.waitFor(() => expect(happened.at(-1)).toBe('-b'));
  });

  it('reports a user once, regardless of the number of connections', async () => {
    const happened = await subscribed(registry.link(), 'presence-x', { user_id: 'owner' });
    const links = [registry.link(), registry.link()];
    for (const link of links) await subscribed(link, 'presence-x', { user_id: 'observer' });
    for (const link of links) link.close();
    await vi.waitFor(() => expect(happened.at(-1)).toBe('-observer'));
    expect(happened).toEqual(['subscribed owner', '+observer null', '-observer']);
  });

  it('can have another identity in a channel, or none', async () => {
    const watcher = await subscribed(registry.link(), 'presence-x', { user_id: 'w' });
    const link = registry.link();
    await subscribed(link, 'presence-x', { user_id: 'a~1' });
    link.unsubscribe('presence-x');
    const happened = await subscribed(link, 'presence-x', { user_id: 'a~2' });
    expect(happened).toEqual(['subscribed w,a~2']);
    await vi.waitFor(() => expect(watcher.slice(1)).toEqual(['+a~1 null', '-a~1', '+a~2 null']));
  });

  it('receives published events, and no client events', async () => {
    const channel = 'private-x';
    const happened = await subscribed(registry.link(), channel);
    const forger = registry.link();
    await subscribed(forger, channel);
    const raw = new RawClient(registry.broker, `/app/${APP.key}?protocol=7`);
    registry.onEnd(() => raw.kill());
    await raw.next();
    raw.say('register', { forged: true }, channel);
    raw.say('client-register', { forged: true }, channel);
    await raw.settled();
    await registry.publish('register', { n: 1 }, channel);
    await vi.waitFor(() => expect(happened).toEqual(['subscribed', 'register {"n":1}']));
  });

  it('subscribes again after an outage of the broker', async () => {
    const link = registry.link();
    const happened = await subscribed(link, 'x');
    const socketId = link.socketId;
    await registry.stop();
    // After a close that asks to come back later pusher-js takes itself for connected until then.
    await vi.waitFor(() => expect(link.socketId).toBeUndefined());
    await registry.startAgain();
    await vi.waitFor(() => expect(happened).toEqual(['subscribed', 'subscribed']));
    expect(link.socketId).not.toBe(socketId);
    await registry.publish('exit', { n: 2 }, 'x');
    await vi.waitFor(() => expect(happened.at(-1)).toBe('exit {"n":2}'));
  });

  it('receives nothing after it unsubscribes', async () => {
    const link = registry.link();
    const [x, y] = [await subscribed(link, 'x'), await subscribed(link, 'y')];
    link.unsubscribe('x');
    await registry.publish('register', {}, 'x');
    await registry.publish('register', {}, 'y');
    await vi.waitFor(() => expect(y).toHaveLength(2));
    expect(x).toEqual(['subscribed']);
  });

  it('reports why the broker rejects it, and retries', async () => {
    const refused: string[] = [];
    const link = openLink(
      { ...onlyConnection(registry.connection), key: 'unknown' },
      { onRefused: (reason) => refused.push(reason) },
    );
    registry.onEnd(() => link.close());
    await vi.waitFor(() => expect(refused[0]).toMatch(/^4001 /));
    await vi.waitFor(() => expect(refused.length).toBeGreaterThan(1));
  });

  it('reports why a subscription is refused', async () => {
    const refused: string[] = [];
    const link = openLink(
      { ...onlyConnection(registry.connection), secret: 'wrong' },
      { onRefused: (reason) => refused.push(reason) },
    );
    registry.onEnd(() => link.close());
    link.subscribe('private-x', {});
    await vi.waitFor(() => expect(refused.join()).toMatch(/private-x|401|4009/));
    expect(refused.join()).not.toContain('wrong');
  });
});

const encrypted = (masterKey: string) => ({
  ROLLCALL_CHANNEL: 'private-encrypted-x',
  ROLLCALL_MASTER_KEY: Buffer.alloc(32, masterKey).toString('base64'),
});

it('asks an auth server for another key of a channel now and then, and not for each event that it cannot decrypt', async () => {
  const at = await TestRegistry.start(encrypted('a'));
  const { masterKey: _, ...connection } = onlyConnection(at.connection);
  const authority = openBrokerAuthority(onlyConnection(at.connection));
  const authorize = vi.fn((wanted: Subscription) => Promise.resolve(authority.authorize(wanted)));
  const link = openLink({ ...connection, access: { authorize, publish: authority.publish } }, {});
  const happened = await subscribed(link, 'private-encrypted-x');
  const others = connectionTo(at.broker.port, encrypted('b'));
  const forger = createPublisher(onlyConnection(others));
  for (let time = 0; time < 10; time++) await forger.publish('private-encrypted-x', 'register', {});
  await at.publish('register', { n: 1 }, 'private-encrypted-x');
  await vi.waitFor(() => expect(happened).toHaveLength(2));
  expect(authorize).toHaveBeenCalledTimes(2);
  link.close();
  forger.close();
  authority.close();
  await at.end();
});
