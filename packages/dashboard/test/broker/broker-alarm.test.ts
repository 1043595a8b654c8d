import type { BrokerStatus } from '@rollcall/broker';
import { expect, it } from 'vitest';
import { brokerAlarm } from '../../src/broker/broker-alarm.ts';

const STATUS: BrokerStatus = {
  now: 10_000,
  isReady: true,
  token: 'set',
  caller: { name: 'admin', scopes: ['read', 'publish'] },
  nodes: [],
  apps: [],
};

it.each<[BrokerStatus | undefined, Error | undefined, string | undefined]>([
  [STATUS, undefined, undefined],
  [STATUS, new Error('no response'), 'The broker is unreachable'],
  [undefined, new Error('no response'), 'The broker is unreachable'],
  [
    { ...STATUS, isReady: false, unreadiness: 'this broker is closing' },
    undefined,
    'This broker is not ready',
  ],
])('of %j and %s is %s', (status, error, title) => {
  expect(brokerAlarm(status, error)?.title).toBe(title);
});

it('says for how long the other nodes cannot be reached, and why', () => {
  const cluster = {
    nodes: 1,
    isConnected: false,
    since: 5_000,
    reason: '10.0.0.5:6379: ECONNREFUSED',
    engine: 'redis',
    servers: ['10.0.0.5:6379'],
    waitingEvents: 0,
    lostEvents: 0,
    ignoredMessages: 0,
  };
  const status = { ...STATUS, isReady: false, unreadiness: 'cut off', cluster };
  expect(brokerAlarm(status, undefined)).toMatchObject({
    tone: 'bad',
    text: expect.stringContaining(
      'No connection to redis at 10.0.0.5:6379 for 5 s (10.0.0.5:6379: ECONNREFUSED).',
    ) as string,
  });
});
