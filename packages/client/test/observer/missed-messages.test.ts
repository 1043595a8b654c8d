import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Observer, parseAnnouncement, RULES } from '@rollcall/protocol';
import { connectionsOf, registryFromEnv } from '@rollcall/client';
import { PresenceChannels } from '../../src/observer/presence-channels.ts';
import type { ChannelHandlers } from '../../src/transport/link.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

const announced = (id: string, fields: object = {}) => {
  const parsed = parseAnnouncement({
    prefix: '/v1',
    port: 1,
    address: '10.0.0.1',
    id,
    inc: 1,
    ...fields,
  });
  if (!parsed.ok) throw new Error(parsed.refusal.reason);
  return { announcement: parsed.value, left: false };
};

/** Presence channels whose members the transport counts, without a transport. */
function setup(counts: ReadonlyMap<string, number>) {
  const registry = registryFromEnv({});
  const { presencePrefix } = registry.channels;
  const observer = new Observer({ probes: 'never', answers: false, nonce: () => 'n' });
  const subscribed: string[] = [];
  const channels = new PresenceChannels({
    connection: connectionsOf(registry)[0],
    conversation: observer.at(0),
    holds: (id) => observer.table.get(id) !== undefined,
    link: {
      subscribe(name: string, { onSubscribed }: ChannelHandlers) {
        subscribed.push(name.slice(presencePrefix.length));
        onSubscribed?.([{ userId: 'observer', userInfo: {} }]);
      },
      unsubscribe() {},
    } as never,
    publisher: {
      presenceChannels: () =>
        Promise.resolve(new Map([...counts].map(([id, count]) => [presencePrefix + id, count]))),
    } as never,
    isConnected: () => true,
    react: () => {},
    onFault(error) {
      throw error;
    },
  });
  const hear = (id: string, fields?: object) =>
    observer.learn({ type: 'received', statement: announced(id, fields) }, 0);
  return { channels, observer, subscribed, hear };
}

it('looks again at a channel in which a run that was announced has not been seen', async () => {
  const { channels, observer, subscribed, hear } = setup(new Map([['a', 1]]));
  hear('a');
  channels.join('a');
  // Its next run joins, announces itself and is killed, and of all that only the announcement comes.
  hear('a', { inc: 2 });
  expect(observer.table.lacksPresence('a')).toBe(true);
  await vi.advanceTimersByTimeAsync(RULES.listEveryMs);
  expect(subscribed).toEqual(['a', 'a']);
  expect(observer.table.get('a')?.status).toBe('suspect');
  // That it is not there is known now.
  await vi.advanceTimersByTimeAsync(RULES.listEveryMs);
  expect(subscribed).toHaveLength(2);
  channels.close();
});

it('does not expect an instance with a lease in its channel', async () => {
  const { channels, subscribed, hear } = setup(new Map([['a', 1]]));
  hear('a', { ttl: 300 });
  channels.join('a');
  await vi.advanceTimersByTimeAsync(RULES.listEveryMs);
  expect(subscribed).toEqual(['a']);
  channels.close();
});
