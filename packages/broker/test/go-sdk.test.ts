import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { APP, client, MASTER_KEY, next, subscribed } from './sdk.ts';

const folder = fileURLToPath(new URL('./go-sdk/', import.meta.url));
const hasGo = spawnSync('go', ['version']).error === undefined;

let broker: Broker;
const hooks = createServer();
let webhook: Promise<{ Signature: string; Body: string }>;

beforeEach(async () => {
  webhook = once(hooks, 'request').then(async ([request, response]) => {
    const Body = await text(request);
    response.end();
    return { Signature: request.headers['x-pusher-signature'], Body };
  });
  hooks.listen(0, '127.0.0.1');
  await once(hooks, 'listening');
  const url = `http://127.0.0.1:${(hooks.address() as AddressInfo).port}`;
  // Without encrypted channels: the SDK would try to decrypt events without data, and fail.
  const webhooks = [{ url, events: ['member_added' as const] }];
  broker = await createBroker({ apps: [{ ...APP, webhooks }] });
});

afterEach(async () => {
  await broker.close();
  hooks.close();
});

async function run(input: object): Promise<unknown> {
  const program = spawn('go', ['run', '.'], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
  program.stdin.end(JSON.stringify(input));
  return JSON.parse(await text(program.stdout));
}

describe.skipIf(!hasGo)('the official Go SDK', () => {
  it('works with each of its functions', { timeout: 120_000 }, async () => {
    const ann = client(broker, { userId: 'ann' });
    const heard: string[] = [];
    for (const name of ['news', 'presence-room', 'private-encrypted-news']) {
      const channel = await subscribed(ann, name);
      channel.bind_global((event: string) => {
        if (!event.startsWith('pusher:')) heard.push(`${name} ${event}`);
      });
    }
    ann.signin();
    const forUser = next(ann.user, 'for-you');

    const results = await run({
      ...APP,
      host: `127.0.0.1:${broker.port}`,
      masterKey: MASTER_KEY,
      sender: ann.connection.socket_id,
      webhook: await webhook,
    });

    expect(await forUser).toBe(1);
    await expect
      .poll(() => heard)
      .toEqual([
        'news one',
        'news multi',
        'presence-room multi',
        'private-encrypted-news secret',
        'news with-info',
        'presence-room with-info',
        'news batch',
        'private-encrypted-news batch',
      ]);
    expect(results).toMatchObject({
      triggered: {
        channels: {
          news: { subscription_count: 1 },
          'presence-room': { user_count: 1, subscription_count: 1 },
        },
      },
      batch: { batch: [{ subscription_count: 1 }, {}] },
      channels: { channels: { 'presence-room': { user_count: 1 } } },
      channel: { occupied: true, user_count: 1, subscription_count: 1 },
      users: { users: [{ id: 'ann' }] },
      webhook: [{ name: 'member_added', channel: 'presence-room', user_id: 'ann' }],
      wrongSecret: expect.stringMatching(/401/),
    });
    ann.disconnect();
  });
});
