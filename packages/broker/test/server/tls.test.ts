import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { connect } from 'node:net';
import { once } from 'node:events';
import Pusher from 'pusher';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import { APP } from '../sdk.ts';

const read = (name: string) => readFileSync(new URL(`./tls/${name}`, import.meta.url), 'utf8');
/** Self-signed, for localhost and 127.0.0.1. The key is used by tests only. */
const tls = { cert: read('cert.pem'), key: read('key.pem') };

let broker: Broker | undefined;
afterEach(async () => {
  await broker?.close();
  broker = undefined;
});

describe('TLS', () => {
  it('serves WebSockets and the HTTP API', async () => {
    broker = await createBroker({ apps: [APP], tls });
    expect(broker.url).toBe(`https://127.0.0.1:${broker.port}`);
    const socket = new WebSocket(`${broker.url.replace('http', 'ws')}/app/${APP.key}?protocol=7`, {
      ca: tls.cert,
    });
    const [greeting] = (await once(socket, 'message')) as [Buffer];
    expect(greeting.toString()).toContain('pusher:connection_established');
    socket.send('{"event":"pusher:subscribe","data":{"channel":"news"}}');
    await once(socket, 'message');

    const { host, port } = broker;
    const agent = new Agent({ ca: tls.cert });
    const sdk = new Pusher({ ...APP, host, port: String(port), useTLS: true, agent });
    const heard = once(socket, 'message');
    await sdk.trigger('news', 'e', 1);
    const [frame] = (await heard) as [Buffer];
    expect(JSON.parse(frame.toString())).toEqual({ event: 'e', channel: 'news', data: '1' });
    const closed = once(socket, 'close');
    await broker.close();
    expect((await closed)[0]).toBe(4100);
  });

  it('does not serve plain HTTP at that port', async () => {
    broker = await createBroker({ apps: [APP], tls });
    await expect(fetch(broker.url.replace('https', 'http'))).rejects.toThrow();
  });

  it('closes while a client has not finished its handshake', async () => {
    broker = await createBroker({ apps: [APP], tls });
    const silent = connect(broker.port, broker.host);
    await once(silent, 'connect');
    const gone = once(silent, 'close');
    await broker.close();
    await gone;
  });

  it.each([
    { ...tls, cert: 'no PEM' },
    { ...tls, key: tls.cert },
  ])('refuses an invalid certificate or key', async (bad) => {
    await expect(createBroker({ apps: [APP], tls: bad })).rejects.toMatchObject({
      code: 'ROLLCALL_CONFIG',
      message: expect.stringMatching(/TLS certificate and key/) as string,
    });
  });
});
