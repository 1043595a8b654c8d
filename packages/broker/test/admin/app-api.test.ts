import { createServer } from 'node:http';
import { createBroker } from '@rollcall/broker';
import type { BrokerEvent, BrokerOptions, EventBatch } from '@rollcall/broker';
import { listen } from '@rollcall/runtime';
import Pusher from 'pusher';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RawClient } from '../raw-client.ts';
import { APP, client, subscribed } from '../sdk.ts';

const TOKEN = 'a-token-of-enough-length';
const HEADERS = { authorization: `Bearer ${TOKEN}` };

async function start(options: Partial<BrokerOptions> = {}) {
  const broker = await createBroker({
    apps: [APP],
    adminPort: 0,
    adminToken: TOKEN,
    ...options,
  });
  onTestFinished(() => broker.close());
  const base = `${broker.adminUrl}/api/apps/${APP.appId}`;
  const ask = async (path: string): Promise<unknown> =>
    (await fetch(base + path, { headers: HEADERS })).json();
  const send = (event: unknown): Promise<Response> =>
    fetch(`${base}/events`, { method: 'POST', headers: HEADERS, body: JSON.stringify(event) });
  const connect = (userId: string) => {
    const created = client(broker, { userId });
    onTestFinished(() => created.disconnect());
    return created;
  };
  return { broker, base, ask, send, connect };
}

/** Reads the events of an app until one has come that is awaited. */
async function watch(base: string, query = '') {
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const { body, status } = await fetch(`${base}/events${query}`, {
    headers: HEADERS,
    signal: ending.signal,
  });
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  const events: BrokerEvent[] = [];
  let text = '';
  const until = async (type: BrokerEvent['type']): Promise<BrokerEvent | undefined> => {
    for (;;) {
      const found = events.find((event) => event.type === type);
      if (found !== undefined) return found;
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) return undefined;
      text += value;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, json] = /^data: (.*)$/m.exec(block) ?? [];
        if (json !== undefined) events.push(...(JSON.parse(json) as EventBatch).events);
      }
    }
  };
  return { status, events, until, end: () => ending.abort() };
}

describe('an app in the admin API', () => {
  it('has its channels, members and connections', async () => {
    const { ask, connect } = await start();
    await subscribed(connect('ann'), 'presence-room');
    await subscribed(connect('bob'), 'presence-room');
    const channel = {
      name: 'presence-room',
      kind: 'presence',
      isCached: false,
      subscriptions: 2,
      ownSubscriptions: 2,
      members: 2,
    };
    expect(await ask('/channels')).toEqual({ items: [channel], total: 1 });
    expect(await ask('/channels?text=other')).toEqual({ items: [], total: 0 });
    expect(await ask('/channels/presence-room/members')).toMatchObject({
      items: [{ userId: 'ann' }, { userId: 'bob' }],
      total: 2,
    });
    expect(await ask('/connections')).toMatchObject({
      items: [{ channels: 1 }, { channels: 1 }],
      total: 2,
    });
  });

  it('shows at most 200 channels, those with the most subscriptions', async () => {
    const { broker, ask } = await start();
    const raw = new RawClient(broker);
    await raw.next();
    for (let index = 0; index < 250; index++) await raw.subscribe(`c${index}`);
    const other = new RawClient(broker);
    await other.next();
    await other.subscribe('c249');
    const { items, total } = (await ask('/channels')) as { items: { name: string }[]; total: 250 };
    expect([items.length, total, items[0]?.name]).toEqual([200, 250, 'c249']);
  });

  it('sends an event, or says why not', async () => {
    const { send, connect } = await start();
    const channel = await subscribed(connect('ann'), 'presence-room');
    const heard = new Promise((resolve) => void channel.bind('greeting', resolve));
    const event = { channel: 'presence-room', name: 'greeting', data: '"hello"' };
    expect((await send(event)).status).toBe(200);
    expect(await heard).toBe('hello');
    for (const wrong of [{ ...event, channel: 'a b' }, { ...event, name: 'pusher:x' }, []]) {
      const refused = await send(wrong);
      expect([refused.status, await refused.json()]).toEqual([
        400,
        expect.objectContaining({ code: 'bad-request' }),
      ]);
    }
  });

  it.each([
    ['/nothing', 404, 'unknown-path'],
    ['/events?types=cats', 400, 'bad-request'],
    ['/channels/%/members', 400, 'bad-request'],
  ])('answers %s with %i', async (path, status, code) => {
    expect(await (await start()).ask(path)).toMatchObject({ status, code });
  });

  it('is unknown if it is not served', async () => {
    const { broker } = await start();
    const response = await fetch(`${broker.adminUrl}/api/apps/9/channels`, { headers: HEADERS });
    expect(await response.json()).toMatchObject({ status: 404, code: 'unknown-app' });
  });
});

describe('the stream of events', () => {
  it('has what clients, publishers and webhooks do, from when it is open', async () => {
    const receiver = createServer((request, response) => {
      request.resume();
      response.end();
    });
    const { port } = await listen(receiver, '127.0.0.1', 0);
    onTestFinished(() => void receiver.close());
    const webhooks = [{ url: `http://127.0.0.1:${port}/hooks?secret=1` }];
    const { broker, base, connect } = await start({ apps: [{ ...APP, webhooks }] });
    const { until, events } = await watch(base);
    const ann = connect('ann');
    const channel = await subscribed(ann, 'presence-room');
    channel.trigger('client-typing', { on: true });
    await until('client-event');
    const { host, port: at } = broker;
    const sdk = new Pusher({ ...APP, host, port: String(at), useTLS: false });
    await sdk.trigger('presence-room', 'greeting', 'hello');
    expect(await until('webhook-sent')).toMatchObject({
      detail: expect.stringMatching(
        /^\d+ events? to http:\/\/127\.0\.0\.1:\d+: accepted$/,
      ) as string,
    });
    ann.disconnect();
    await until('disconnected');
    const socketId = events.find(({ type }) => type === 'connected')?.socketId;
    expect(events.filter(({ type }) => !type.startsWith('webhook'))).toMatchObject([
      { type: 'connected', socketId },
      { type: 'subscribed', channel: 'presence-room', socketId, userId: 'ann' },
      { type: 'client-event', event: 'client-typing', data: '{"on":true}', socketId },
      { type: 'publication', channel: 'presence-room', event: 'greeting', data: 'hello' },
      { type: 'disconnected', socketId },
    ]);
  });

  it('ends when the app is removed, and does not hold up a broker that closes', async () => {
    const { broker, base } = await start();
    const { until } = await watch(base);
    await broker.configure({ apps: [{ appId: '9', key: 'other', secret: 'secret' }] });
    expect(await until('connected')).toBeUndefined();
    await watch(`${broker.adminUrl}/api/apps/9`);
    const started = performance.now();
    await broker.close();
    expect(performance.now() - started).toBeLessThan(900);
  });

  it('is refused when too many listen', async () => {
    const { base } = await start();
    const streams = await Promise.all(Array.from({ length: 16 }, () => watch(base)));
    expect((await watch(base)).status).toBe(503);
    streams[0]?.end();
    await expect.poll(async () => (await watch(base)).status).toBe(200);
  });
});
