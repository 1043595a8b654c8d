import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { registryFromEnv, RollcallError } from '@rollcall/client';
import type { Announcement, ConnectionConfig, Instance, RegistryConfig } from '@rollcall/client';
import { createBroker } from '@rollcall/broker';
import { APP, connectionTo, onlyConnection } from '../../../../test/support/connection.ts';

import { askBroker } from '../../src/doctor/ask-broker.ts';
import type { BrokerAnswer } from '../../src/doctor/ask-broker.ts';
import { examine, placeOf } from '../../src/doctor/examine.ts';
import type { Instruments } from '../../src/doctor/examine.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import type { GatewayView } from '../../src/doctor/gateway.ts';
import { reach } from '../../src/reach.ts';
import { freePort } from '../../../../test/support/free-port.js';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const TAKEN: BrokerAnswer = {
  status: 200,
  body: '{}',
  date: NOW,
  sentAt: NOW + 495,
  answeredAt: NOW + 505,
  localAddress: '10.0.0.5',
};
const INSTANCE: Announcement = { prefix: '/v1', address: '10.0.0.7', port: 3000 };
const REMOTE = registryFromEnv({
  PUSHER_APP_ID: '1',
  PUSHER_APP_KEY: 'k',
  PUSHER_APP_SECRET: 's',
  PUSHER_HOST: '10.0.0.1',
  PUSHER_APP_SECURE: '1',
  ROLLCALL_CHANNEL: 'private-mapped-discovery',
});

/** A gateway that has the instance so. */
function viewOf(status: Instance['status']): GatewayView {
  return new Map([[placeOf(INSTANCE), { announcement: INSTANCE, status }]]);
}

/** All is healthy, except for what is planted. */
function instruments(planted: Partial<Instruments> = {}): Instruments {
  return {
    nodeVersion: '22.1.0',
    registry: () => REMOTE,
    askBroker: () => Promise.resolve(TAKEN),
    listen: () => Promise.resolve(heard(INSTANCE)),
    admin: 'http://127.0.0.1:1501',
    isAdminNamed: false,
    gatewayView: () => Promise.resolve(viewOf('healthy')),
    certificates: () => Promise.resolve({ now: 0, all: [] }),
    exposure: () => Promise.resolve([]),
    containers: () => Promise.resolve(undefined),
    askAuthServer: vi.fn(),
    reachBroker: vi.fn(),
    reach: () => Promise.resolve({ status: 200 }),
    ownAddress: () => ({ announced: '10.0.0.5', isGiven: false, interfaces: ['10.0.0.5'] }),
    ...planted,
  };
}

function heard(announcement: Announcement, answered = true) {
  const instance = { key: 'k', announcement, status: 'healthy' as const, since: 0, why: '' };
  return { answered, instances: [instance as never] };
}

async function findings(planted?: Partial<Instruments>): Promise<Finding[]> {
  const all: Finding[] = [];
  await examine(instruments(planted), (finding) => all.push(finding));
  return all;
}

/** What is not well, as `check level found`. */
async function faults(planted?: Partial<Instruments>): Promise<string[]> {
  const all = await findings(planted);
  const faulty = all.filter(({ level }) => level === 'warn' || level === 'fail');
  for (const { advice } of faulty) expect(advice).toMatch(/^.{10,}$/);
  return faulty.map(({ check, level, found }) => `${check} ${level} ${found}`);
}

const ask = (to: ConnectionConfig): Promise<BrokerAnswer> => askBroker(to, Date.now);
const answering = (answer: Partial<BrokerAnswer>): Partial<Instruments> => ({
  askBroker: () => Promise.resolve({ ...TAKEN, ...answer } as BrokerAnswer),
});
const unreachable = (code: string): Partial<Instruments> => ({
  askBroker: () => Promise.resolve({ code }),
});

it('a machine without faults has only the finding ok', async () => {
  expect((await findings()).filter(({ level }) => level !== 'ok')).toEqual([]);
});

describe('each planted fault is the only finding', () => {
  it.each<[string, Partial<Instruments>, RegExp]>([
    ['old Node', { nodeVersion: '20.18.3' }, /^node fail 20\.18\.3 is too old$/],
    ['older Node', { nodeVersion: '18.20.0' }, /^node fail/],
    [
      'a setting that cannot be',
      { registry: () => registryFromEnv({ PUSHER_PORT: 'x' }) },
      /^configuration fail PUSHER_PORT is "x"/,
    ],
    ['an unknown host', unreachable('ENOTFOUND'), /^broker fail .*ENOTFOUND/],
    ['a port where no server listens', unreachable('ECONNREFUSED'), /^broker fail .*ECONNREFUSED/],
    ['a broker that is broken', answering({ status: 503 }), /^broker fail .*HTTP 503/],
    [
      'a wrong secret',
      answering({ status: 401, body: 'Invalid\nsignature' }),
      /^credentials fail .*HTTP 401: Invalid signature/,
    ],
    ['an unknown app', answering({ status: 404 }), /^credentials fail .*HTTP 404/],
    ['another kind of server', answering({ status: 302 }), /^credentials fail .*HTTP 302/],
    ['over quota', answering({ status: 429 }), /^credentials warn .*429/],
    [
      'a clock that is far off, whose signatures are refused',
      answering({ status: 401, date: NOW - 3_600_000 }),
      /^clock fail 60 min ahead of/,
    ],
    [
      'a clock that is on its way out',
      answering({ date: NOW + 90_000 }),
      /^clock warn 90 s behind/,
    ],
    [
      'a public channel',
      {
        registry: () => ({
          ...REMOTE,
          channels: { ...REMOTE.channels, registry: 'mapped-discovery', isPublic: true },
        }),
      },
      /^exposure warn medium: mapped-discovery is public: .* \(public-channel\)$/,
    ],
    [
      'no WebSocket',
      {
        listen: () => Promise.reject(new RollcallError('ROLLCALL_BROKER_UNREACHABLE', 'no way: x')),
      },
      /^websocket fail no way$/,
    ],
    [
      'no address',
      {
        ownAddress: () => ({
          announced: new Error('no address: x'),
          isGiven: false,
          interfaces: [],
        }),
      },
      /^address fail no address$/,
    ],
    [
      'loopback announced to other machines',
      { ownAddress: () => ({ announced: '127.0.0.1', isGiven: true, interfaces: ['127.0.0.1'] }) },
      /^address fail .*127\.0\.0\.1, which other machines cannot reach/,
    ],
    [
      'an address of another network',
      {
        ownAddress: () => ({
          announced: '172.17.0.1',
          isGiven: false,
          interfaces: ['172.17.0.1', '10.0.0.5'],
        }),
      },
      /^address warn .*172\.17\.0\.1, but connect to the broker from 10\.0\.0\.5/,
    ],
    [
      'an address that no interface has',
      { ownAddress: () => ({ announced: '10.9.9.9', isGiven: true, interfaces: ['10.0.0.5'] }) },
      /^address warn .*10\.9\.9\.9, which is not an address/,
    ],
    [
      'an address that is none',
      { ownAddress: () => ({ announced: 'web-1', isGiven: true, interfaces: [] }) },
      /^address fail ROLLCALL_ADDRESS: address is "web-1"/,
    ],
    [
      'no gateway anywhere',
      {
        gatewayView: () => Promise.resolve(undefined),
        listen: () => Promise.resolve(heard(INSTANCE, false)),
      },
      /^gateway warn no admin API answers .*no gateway answered our roll call/,
    ],
    [
      'no gateway where one was named',
      { isAdminNamed: true, gatewayView: () => Promise.resolve(undefined) },
      /^gateway fail no admin API answers/,
    ],
    [
      'a gateway that wants a token',
      { gatewayView: () => Promise.resolve('locked') },
      /^gateway warn its admin API .* needs a token/,
    ],
    [
      'a gateway on another channel',
      { listen: () => Promise.resolve(heard(INSTANCE, false)) },
      /^gateway fail it did not answer our roll call/,
    ],
    [
      'no instance',
      {
        listen: () => Promise.resolve({ answered: true, instances: [] }),
        gatewayView: () => Promise.resolve(new Map()),
      },
      /^instances warn no instance is registered/,
    ],
    [
      'an instance that cannot be reached',
      {
        reach: () => Promise.resolve({ code: 'ECONNREFUSED' }),
        gatewayView: () => Promise.resolve(viewOf('down')),
      },
      /^instances fail \/v1 at 10\.0\.0\.7:3000 refuses connections$/,
    ],
    [
      'an instance that only the gateway reaches',
      { reach: () => Promise.resolve({ code: 'ETIMEDOUT' }) },
      /^instances warn .*does not respond within 2 s from this machine, but the gateway reaches it/,
    ],
    [
      'an instance that the gateway cannot reach',
      { gatewayView: () => Promise.resolve(viewOf('down')) },
      /^instances fail .*is healthy from this machine, but down at the gateway/,
    ],
    [
      'an instance that the gateway does not take',
      { gatewayView: () => Promise.resolve(new Map()) },
      /^instances fail .*is healthy, but the gateway does not know it/,
    ],
    [
      'an instance that is not well',
      {
        reach: () => Promise.resolve({ status: 503 }),
        gatewayView: () => Promise.resolve(undefined),
      },
      /^instances fail .*responds to GET \/health with HTTP 503/,
    ],
  ])('%s', async (_fault, planted, finding) => {
    expect(await faults(planted)).toEqual([expect.stringMatching(finding)]);
  });

  it('comes with a remedy, such as for loopback announced from another machine', async () => {
    const instance = { ...INSTANCE, address: '127.0.0.1' };
    const all = await findings({
      listen: () => Promise.resolve(heard(instance)),
      gatewayView: () => Promise.resolve(undefined),
      reach: () => Promise.resolve({ code: 'ECONNREFUSED' }),
    });
    expect(all.find(({ check }) => check === 'instances')?.advice).toMatch(
      /set ROLLCALL_ADDRESS where it runs/,
    );
  });
});

/** Of a certificate that is signed by itself. */
const pem = (name: string): Buffer =>
  readFileSync(new URL(`../../../broker/test/server/tls/${name}.pem`, import.meta.url));

describe('the checks over the network', () => {
  let server: Server;
  let connection: RegistryConfig;
  let status = 200;
  let date = NOW;
  beforeEach(async () => {
    server = createServer((_request, response) => {
      response.setHeader('Date', new Date(date).toUTCString());
      response.writeHead(status).end('{"channels":{}}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    connection = connectionTo((server.address() as AddressInfo).port);
  });
  afterEach(() => server.close());

  it('find a clock that is an hour off, by the Date of a broker that refuses the request', async () => {
    status = 401;
    date = NOW + 3_600_000;
    const planted = {
      registry: () => connection,
      askBroker: (to: ConnectionConfig) => askBroker(to, () => NOW),
    };
    expect(await faults(planted)).toEqual([expect.stringMatching(/^clock fail 60 min behind/)]);
  });

  it('distinguish a broker that accepts the signature, rejects it, and is unreachable', async () => {
    const broker = await createBroker({ apps: [APP] });
    const right = onlyConnection(connectionTo(broker.port));
    expect(await ask(right)).toMatchObject({ status: 200, localAddress: '127.0.0.1' });
    expect(await ask({ ...right, secret: 'wrong' })).toMatchObject({ status: 401 });
    expect(await ask({ ...right, tls: true })).toHaveProperty('code');
    await broker.close();
    expect(await ask(right)).toEqual({ code: 'ECONNREFUSED' });
  });

  it('request the health path of an instance, and report the response', async () => {
    status = 503;
    const { port } = server.address() as AddressInfo;
    const here = { ...INSTANCE, address: '127.0.0.1', port };
    expect(await reach(here)).toMatchObject({ status: 503 });
    expect(await reach({ ...here, port: await freePort() })).toEqual({ code: 'ECONNREFUSED' });
  });

  it('use TLS for an instance that announces it', async () => {
    const secure = createSecureServer({ cert: pem('cert'), key: pem('key') });
    secure.on('request', (_request, response: ServerResponse) => response.end());
    secure.listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const { port } = secure.address() as AddressInfo;
    const here = { ...INSTANCE, address: '127.0.0.1', port };
    expect(await reach({ ...here, scheme: 'https' })).toMatchObject({ status: 200 });
    expect(await reach(here)).toHaveProperty('code');
    secure.close();
  });
});
