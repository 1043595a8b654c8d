import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { MAX_BODY_BYTES } from '../src/api/http-api.ts';
import { md5, sign } from './api/signed.ts';
import { connectedClient, RawClient } from './raw-client.ts';
import { APP, client, next, subscribed } from './sdk.ts';
import { loggerTo } from '../../../test/support/log.ts';
import { freePort } from '../../../test/support/free-port.js';

let broker: Broker;
let logged: string[];

beforeEach(async () => {
  logged = [];
  broker = await createBroker({ apps: [APP], port: await freePort(), logger: loggerTo(logged) });
});

afterEach(async () => {
  await broker.close();
});

/** Number of timers and sockets that keep this process running. */
function held(): number {
  return process.getActiveResourcesInfo().filter((name) => /Timeout|TCP/.test(name)).length;
}

/** A URL that is signed for this body. */
function signedUrl(method: string, path: string, body?: string, changed = {}): string {
  const query = {
    auth_key: APP.key,
    auth_timestamp: String(Math.floor(Date.now() / 1_000)),
    auth_version: '1.0',
    ...(body !== undefined && { body_md5: md5(body) }),
    ...changed,
  };
  const signed = sign({ secret: APP.secret, method, path, query });
  return `${broker.url}${path}?${new URLSearchParams([...signed]).toString()}`;
}

async function post(body: string, url = signedUrl('POST', '/apps/7/events', body), headers = {}) {
  const response = await fetch(url, { method: 'POST', body, headers });
  return { status: response.status, body: await response.json() };
}

const EVENT = JSON.stringify({ name: 'e', channel: 'news', data: '1' });

describe('HTTP', () => {
  it('responds to GET /up without a signature', async () => {
    const response = await fetch(`${broker.url}/up`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ up: true });
  });

  it('has no POST /up', async () => {
    expect((await fetch(`${broker.url}/up`, { method: 'POST', body: '{}' })).status).toBe(404);
  });

  it('publishes signed events', async () => {
    const client = await connectedClient(broker);
    await client.subscribe('news');
    expect(await post(EVENT)).toEqual({ status: 200, body: {} });
    expect(await client.next()).toEqual({ event: 'e', channel: 'news', data: '1' });
  });

  it.each([
    ['malformed JSON', '{', 400, /JSON object/],
    ['no body', '', 400, /JSON object/],
    ['data over 10 KB', EVENT.replace('"1"', `"${'x'.repeat(10_241)}"`), 413, /10240 bytes/],
    ['a bad channel', EVENT.replace('news', 'a b'), 400, /channel is "a b"/],
  ])('refuses %s', async (_name, body, status, message) => {
    expect(await post(body)).toEqual({ status, body: { error: expect.stringMatching(message) } });
  });

  it.each([
    ['a request without signature', () => `${broker.url}/apps/7/events`, /auth_version/],
    [
      'a stale one',
      () => signedUrl('POST', '/apps/7/events', EVENT, { auth_timestamp: '1' }),
      /clock/,
    ],
    [
      'a signature for another path',
      () => signedUrl('POST', '/apps/7/x', EVENT).replace('/x?', '/events?'),
      /is wrong/,
    ],
    ['another app', () => signedUrl('POST', '/apps/8/events', EVENT), /is wrong/],
    [
      'another key',
      () => signedUrl('POST', '/apps/7/events', EVENT, { auth_key: 'k' }),
      /is wrong/,
    ],
    ['a wrong md5', () => signedUrl('POST', '/apps/7/events', `${EVENT} `), /body_md5/],
    ['no md5', () => signedUrl('POST', '/apps/7/events'), /body_md5/],
  ])('answers 401 to %s', async (_name, url, message) => {
    const { status, body } = await post(EVENT, url());
    expect({ status, body }).toEqual({
      status: 401,
      body: { error: expect.stringMatching(message) },
    });
  });

  it('answers 404 and 405 in JSON', async () => {
    expect(await post(EVENT, `${broker.url}/apps/7/nothing`)).toMatchObject({ status: 404 });
    expect((await fetch(`${broker.url}/apps/7/events`)).status).toBe(405);
  });

  it('refuses requests of browsers', async () => {
    const origin = { origin: 'http://127.0.0.1' };
    expect(await post(EVENT, undefined, origin)).toMatchObject({ status: 403 });
  });

  it('accepts a body at the limit, and refuses one byte more with 413', async () => {
    expect(await post(EVENT.padEnd(MAX_BODY_BYTES))).toEqual({ status: 200, body: {} });
    expect(await post(EVENT.padEnd(MAX_BODY_BYTES + 1))).toEqual({
      status: 413,
      body: { error: expect.stringMatching(/larger than 1048576 bytes/) },
    });
  });

  it('continues after a request that was cut short', async () => {
    const url = signedUrl('POST', '/apps/7/events', EVENT);
    const sent = request(url, { method: 'POST', headers: { expect: '100-continue' } });
    sent.on('error', () => {});
    sent.flushHeaders();
    await once(sent, 'continue');
    sent.destroy();
    await expect
      .poll(() => logged)
      .toEqual([expect.stringMatching(/status=400 reason=the body was cut short/)]);
    expect(await post(EVENT)).toMatchObject({ status: 200 });
  });

  it('logs refusals without signatures', async () => {
    await post('{');
    expect(logged).toEqual([
      'refused request target=POST "/apps/7/events" status=400 reason=the body must be a JSON object',
    ]);
  });
});

describe('listening', () => {
  it('is at 127.0.0.1 and a free port by default', () => {
    expect(broker).toMatchObject({ host: '127.0.0.1', url: `http://127.0.0.1:${broker.port}` });
    expect(broker.port).toBeGreaterThan(0);
  });

  it('fails with ROLLCALL_PORT_TAKEN where another program listens', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(createBroker({ apps: [APP], port })).rejects.toMatchObject({
      code: 'ROLLCALL_PORT_TAKEN',
      message: expect.stringContaining(`port ${port} on 127.0.0.1 is taken: `),
      cause: { code: 'EADDRINUSE' },
    });
    other.close();
  });

  it('leaves no timer if it cannot listen', async () => {
    const [start, stop] = [
      vi.spyOn(globalThis, 'setInterval'),
      vi.spyOn(globalThis, 'clearInterval'),
    ];
    await expect(createBroker({ apps: [APP], host: '192.0.2.1' })).rejects.toThrow();
    const started = start.mock.results.map(({ value }) => value as unknown);
    expect(started).toHaveLength(1);
    expect(stop.mock.calls.flat()).toEqual(started);
    vi.restoreAllMocks();
  });

  it('fails with ROLLCALL_LISTEN at an address of another machine', async () => {
    // RFC 5737 §3: 192.0.2.0/24 is for documentation.
    await expect(createBroker({ apps: [APP], host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'ROLLCALL_LISTEN',
      cause: { code: 'EADDRNOTAVAIL' },
    });
  });
});

describe('close', () => {
  it('closes every connection with 4100 and frees the port', async () => {
    const clients = await Promise.all([1, 2, 3].map(() => connectedClient(broker)));
    await broker.close();
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual([4100, 4100, 4100]);
    const next = await createBroker({ apps: [APP], port: broker.port });
    await next.close();
  });

  it('sends no client that the others leave, because they only go to another broker', async () => {
    const clients = ['ann', 'bob', 'cem'].map((userId) => client(broker, { userId }));
    const removed: unknown[] = [];
    for (const each of clients) {
      const room = await subscribed(each, 'presence-room');
      room.bind('pusher:member_removed', (member: unknown) => removed.push(member));
    }
    const closed = clients.map(({ connection }) => next(connection, 'connecting'));
    await broker.close();
    await Promise.all(closed);
    for (const each of clients) each.disconnect();
    expect(removed).toEqual([]);
  });

  it('may be called again, also while it is pending', async () => {
    const closing = broker.close();
    expect(broker.close(), 'it is the same end that both wait for').toBe(closing);
    await closing;
    await broker.close();
  });

  it('does not wait forever for unresponsive clients', async () => {
    const hanging = await connectedClient(broker);
    hanging.socket.pause();
    const refused = new RawClient(broker, '/nowhere');
    await refused.next();
    const silent = connect(broker.port, broker.host);
    await once(silent, 'connect');
    const unfinished = request(`${broker.url}/apps/7/events`, { method: 'POST' });
    unfinished.on('error', () => {});
    unfinished.write('{');
    // Its body never ends, even after the response.
    await new Promise<IncomingMessage>((resolve) => unfinished.once('response', resolve));

    // The next test counts what is open.
    const gone = [hanging.closed, once(silent, 'close'), once(unfinished, 'close')];
    const start = performance.now();
    await broker.close();
    expect(performance.now() - start).toBeLessThan(3_000);
    hanging.socket.terminate();
    silent.destroy();
    unfinished.destroy();
    await Promise.all(gone);
  });

  it('leaves no timer and no socket behind', async () => {
    const before = held();
    const other = await createBroker({ apps: [APP], activityTimeoutMs: 60_000 });
    const client = await connectedClient(other);
    expect(held()).toBeGreaterThan(before);
    await other.close();
    await client.closed;
    await expect.poll(held).toBeLessThanOrEqual(before);
  });
});
