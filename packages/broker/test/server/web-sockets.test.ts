import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBroker } from '@rollcall/broker';
import type { Broker, BrokerOptions } from '@rollcall/broker';
import { MAX_MESSAGE_BYTES } from '../../src/server/web-socket/frame-reader.ts';
import { connectedClient, RawClient } from '../raw-client.ts';
import { APP, server } from '../sdk.ts';
import { loggerTo } from '../../../../test/support/log.ts';

let broker: Broker;
let logged: string[];

async function start(options: Partial<BrokerOptions> = {}): Promise<void> {
  broker = await createBroker({ apps: [APP], logger: loggerTo(logged), ...options });
}

beforeEach(() => {
  logged = [];
});

afterEach(async () => {
  await broker.close();
});

describe('a handshake', () => {
  it.each([
    [120_000, 120],
    [1, 1],
    [1_001, 2],
  ])(
    'is answered with a socket id and %d ms as whole seconds',
    async (activityTimeoutMs, seconds) => {
      await start({ activityTimeoutMs, pongTimeoutMs: 60_000 });
      const { event, data } = await new RawClient(broker).next();
      expect(event).toBe('pusher:connection_established');
      expect(JSON.parse(data as string)).toEqual({
        socket_id: expect.stringMatching(/^\d+\.\d+$/),
        activity_timeout: seconds,
      });
    },
  );

  it('gives each connection another socket id', async () => {
    await start();
    const greetings = await Promise.all([1, 2, 3].map(() => new RawClient(broker).next()));
    expect(new Set(greetings.map(({ data }) => data)).size).toBe(3);
  });

  it.each([
    ['/app/unknown?protocol=7', 4001],
    ['/nowhere?protocol=7', 4005],
    ['/app/test-key?protocol=x', 4006],
    ['/app/test-key?protocol=3', 4007],
    ['/app/test-key', 4008],
  ])('of %s is refused with %d, in an error and in the close', async (target, code) => {
    await start();
    const client = new RawClient(broker, target);
    expect(await client.next()).toEqual({
      event: 'pusher:error',
      data: { code, message: expect.any(String) },
    });
    expect(await client.closed).toBe(code);
    expect(logged).toEqual([expect.stringContaining(`refused connection code=${code}`)]);
  });

  it('survives invalid requests', async () => {
    await start();
    const response = await fetch(`${broker.url}/app/${APP.key}?protocol=7`);
    expect(response.status).toBe(404);
    await connectedClient(broker);
  });
});

describe('an app', () => {
  it('accepts connections up to its limit, and another one when one has closed', async () => {
    await start({ apps: [{ ...APP, maxConnections: 2 }] });
    const [first] = [await connectedClient(broker), await connectedClient(broker)];
    const refused = new RawClient(broker);
    expect(await refused.next()).toMatchObject({ event: 'pusher:error', data: { code: 4004 } });
    expect(await refused.closed).toBe(4004);
    await first.kill();
    await expect
      .poll(async () => (await new RawClient(broker).next()).event)
      .toBe('pusher:connection_established');
  });

  it('that is disabled refuses connections with 4003 and requests with 403', async () => {
    await start({ apps: [{ ...APP, enabled: false }] });
    expect(await new RawClient(broker).closed).toBe(4003);
    await expect(server(broker).trigger('news', 'e', 1)).rejects.toMatchObject({ status: 403 });
  });

  it('does not share anything with other apps', async () => {
    const other = { appId: '8', key: 'other-key', secret: APP.secret };
    await start({ apps: [APP, other] });
    const [one, two] = [
      await connectedClient(broker),
      new RawClient(broker, '/app/other-key?protocol=7'),
    ];
    await two.next();
    await one.subscribe('news');
    await two.subscribe('news');
    await server(broker).trigger('news', 'e', 1);
    expect(await one.next()).toMatchObject({ event: 'e' });
    two.say('pusher:ping', {});
    expect(await two.next()).toMatchObject({ event: 'pusher:pong' });
  });
});

describe('frames', () => {
  it('that are not text close the connection with 1003', async () => {
    await start();
    const client = await connectedClient(broker);
    client.socket.send(Buffer.from('{"event":"pusher:ping"}'));
    expect(await client.closed).toBe(1003);
  });

  it('that are malformed are answered with an error, and the connection stays open', async () => {
    await start();
    const client = await connectedClient(broker);
    client.socket.send('{');
    expect(await client.next()).toMatchObject({ event: 'pusher:error' });
    await client.settled();
  });

  it('may be 64 KiB; one byte more closes the connection with 1009', async () => {
    await start();
    const client = await connectedClient(broker);
    const ping = '{"event":"pusher:ping"}';
    client.socket.send(ping.padEnd(MAX_MESSAGE_BYTES));
    expect(await client.next()).toMatchObject({ event: 'pusher:pong' });
    client.socket.send(ping.padEnd(MAX_MESSAGE_BYTES + 1));
    expect(await client.closed).toBe(1009);
  });

  it('may come in many fragments, which together are no longer', async () => {
    await start();
    const client = await connectedClient(broker);
    const ping = '{"event":"pusher:ping"}';
    const fragments = [ping, ...Array.from({ length: 1_000 }, () => ' ')];
    for (const fragment of fragments) client.socket.send(fragment, { fin: false });
    client.socket.send('');
    expect(await client.next()).toMatchObject({ event: 'pusher:pong' });
    for (let n = 0; n < 2; n += 1) {
      client.socket.send(' '.repeat(MAX_MESSAGE_BYTES / 2 + 1), { fin: false });
    }
    expect(await client.closed).toBe(1009);
  });

  it('are ignored after the broker has sent a close', async () => {
    await start();
    const client = await connectedClient(broker);
    client.socket.send(Buffer.from('binary'));
    client.say('pusher:subscribe', { channel: 'news' });
    await client.closed;
    const { channels } = (await (await server(broker).get({ path: '/channels' })).json()) as {
      channels: unknown;
    };
    expect(channels).toEqual({});
  });
});

describe('keeping alive', () => {
  it('answers pings of the protocol and of the WebSocket', async () => {
    await start();
    const client = await connectedClient(broker);
    client.say('pusher:ping', {});
    expect(await client.next()).toMatchObject({ event: 'pusher:pong' });
    client.socket.ping('x');
    const [payload] = (await once(client.socket, 'pong')) as [Buffer];
    expect(payload.toString()).toBe('x');
  });

  it('pings a silent client, and closes with 4201 if it stays silent', async () => {
    await start({ activityTimeoutMs: 30, pongTimeoutMs: 30 });
    const client = await connectedClient(broker);
    expect(await client.next()).toMatchObject({ event: 'pusher:ping' });
    expect(await client.next()).toMatchObject({ event: 'pusher:error', data: { code: 4201 } });
    expect(await client.closed).toBe(4201);
  });

  it.each([
    ['a pong', (client: RawClient) => client.say('pusher:pong', {})],
    ['a WebSocket ping', (client: RawClient) => client.socket.ping()],
    ['a WebSocket pong', (client: RawClient) => client.socket.pong()],
  ])('counts %s as activity', async (_name, answer) => {
    // Long enough for a loaded machine. The test does not wait for it.
    await start({ activityTimeoutMs: 20, pongTimeoutMs: 2_000 });
    const client = await connectedClient(broker);
    for (let round = 0; round < 3; round += 1) {
      expect(await client.next()).toMatchObject({ event: 'pusher:ping' });
      answer(client);
    }
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });
});

describe('a client that is gone', () => {
  it('leaves its channels as soon as its socket is closed', async () => {
    await start();
    const [client, observer] = [await connectedClient(broker), await connectedClient(broker)];
    await client.subscribe('news');
    await client.kill();
    await observer.settled();
    const response = await server(broker).get({ path: '/channels/news' });
    expect(await response.json()).toEqual({ occupied: false });
  });

  it('leaves its channels after the pong timeout if it hangs', async () => {
    await start({ activityTimeoutMs: 20, pongTimeoutMs: 20 });
    const client = await connectedClient(broker);
    await client.subscribe('news');
    // The client reads no more, so it does not answer the close.
    client.socket.pause();
    const trigger = server(broker);
    await expect
      .poll(async () => (await trigger.get({ path: '/channels/news' })).json(), { timeout: 900 })
      .toEqual({ occupied: false });
    client.socket.terminate();
  });

  it('is disconnected if it leaves too much unread, and the others are not affected', async () => {
    const maxUnreadBytes = 1_000_000;
    await start({ maxUnreadBytes, metrics: { port: 0 } });
    const [slow, quick] = [await connectedClient(broker), await connectedClient(broker)];
    await slow.subscribe('news');
    await quick.subscribe('news');
    slow.socket.pause();

    const trigger = server(broker);
    const data = 'x'.repeat(10_000);
    let sent = 0;
    // The kernel buffers a varying number of bytes in addition to those that the broker keeps.
    for (; logged.length === 0 && sent < 5_000; sent += 10) {
      const batch = Array.from({ length: 10 }, () => ({ channel: 'news', name: 'e', data }));
      await trigger.triggerBatch(batch);
    }
    const { metricsUrl } = broker;
    expect(await (await fetch(`${metricsUrl}/metrics`)).text()).toMatch(
      /slow_consumers_total\{app="7"\} 1$/m,
    );
    expect(logged).toEqual([
      expect.stringMatching(/^closed connection: the client does not read socketId=\d+\.\d+/),
    ]);
    expect(sent * data.length).toBeGreaterThan(maxUnreadBytes);
    for (let i = 0; i < sent; i += 1) expect(await quick.next()).toMatchObject({ event: 'e' });
    await expect
      .poll(async () =>
        (
          await trigger.get({ path: '/channels/news', params: { info: 'subscription_count' } })
        ).json(),
      )
      .toEqual({ occupied: true, subscription_count: 1 });
    slow.socket.terminate();
  });
});
