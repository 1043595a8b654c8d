import { afterEach, expect, it, vi } from 'vitest';
import { BROKER_SETTINGS, createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import type { Setting, Settings } from '@rollcall/runtime/settings';
import type { readOptions as readOptionsType } from '../../src/settings/options.ts';
import { RawClient } from '../raw-client.ts';
import { APP } from '../sdk.ts';

const read = new Set<string>();

/** A value that notes which of its keys are read, by their names in the documentation. */
function watched<T extends object>(value: T, path = ''): T {
  return new Proxy(value, {
    get(target, key, receiver): unknown {
      const inner: unknown = Reflect.get(target, key, receiver);
      const isItem = Array.isArray(target);
      const at = isItem ? `${path}[]` : [path, String(key)].filter(Boolean).join('.');
      read.add(at);
      const isData = typeof inner === 'object' && inner !== null && key !== 'logger';
      return isData ? watched(inner, at) : inner;
    },
  });
}

vi.mock('../../src/settings/options.ts', async (original) => {
  const { readOptions } = await original<{ readOptions: typeof readOptionsType }>();
  return { readOptions: (options: never) => watched(readOptions(options)) };
});

/** Names of all values, such as `apps[].webhooks[].url`. */
function namesOf(settings: Settings, prefix = ''): string[] {
  return Object.entries(settings).flatMap(([key, setting]: [string, Setting]) => {
    const name = `${prefix}${key}`;
    if (setting.type === 'group') return namesOf(setting.settings, `${name}.`);
    return setting.type === 'groups' ? namesOf(setting.settings, `${name}[].`) : [name];
  });
}

let broker: Broker;
afterEach(() => broker.close());

it('every setting is read by a broker that serves a client', async () => {
  const webhooks = [{ url: 'http://127.0.0.1:1/' }];
  const app = { ...APP, subscriptionCounts: true, webhooks };
  // Nothing listens there, and the broker serves its clients all the same.
  const bus = { url: 'redis://127.0.0.1:1' };
  broker = await createBroker({
    apps: [app],
    adminPort: 0,
    metrics: { port: 0 },
    bus,
    activityTimeoutMs: 50,
  });
  const client = new RawClient(broker);
  await client.next();
  await client.subscribe('news');
  await vi.waitFor(() => expect(read).toContain('apps[].webhooks[].url'));
  // Read when a silent client is pinged.
  await vi.waitFor(() => expect(read).toContain('pongTimeoutMs'));
  // Without a certificate, its absence is all that there is to read.
  const names = namesOf(BROKER_SETTINGS).map((name) => name.replace(/^tls\..*/, 'tls'));
  // The file of the token is read before.
  read.add('adminTokenFile');
  expect(names.filter((name) => !read.has(name))).toEqual([]);
});
