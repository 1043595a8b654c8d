import { expect, it } from 'vitest';
import type { AuthorizedConnection } from '@rollcall/client';
import { connectionTo, onlyConnection } from '../../../../test/support/connection.ts';
import { examineAuthServer } from '../../src/doctor/auth-server.ts';
import type { AuthInstruments } from '../../src/doctor/auth-server.ts';
import type { Finding } from '../../src/doctor/finding.ts';

const SERVER = { authUrl: 'https://auth.example.com', serviceKey: 'rsk_' };

async function findings(planted: Partial<AuthInstruments> = {}): Promise<Finding[]> {
  const connection = onlyConnection(connectionTo(6001));
  const access = {} as AuthorizedConnection['access'];
  const all: Finding[] = [];
  const instruments: AuthInstruments = {
    askAuthServer: () => Promise.resolve([{ ...connection, access }]),
    reachBroker: () => Promise.resolve(undefined),
    ...planted,
  };
  await examineAuthServer(instruments, SERVER, (finding) => all.push(finding));
  return all;
}

it('a service without the app’s secret needs its auth server and the broker', async () => {
  await expect(findings()).resolves.toEqual([
    {
      check: 'auth server',
      level: 'ok',
      found: 'https://auth.example.com knows the service key; the registry is mapped-discovery',
    },
    { check: 'broker', level: 'ok', found: '127.0.0.1:6001 accepts connections' },
  ]);
});

it('an auth server that refuses is a fault', async () => {
  const error = new Error('the key owns no prefix');
  await expect(findings({ askAuthServer: () => Promise.reject(error) })).resolves.toMatchObject([
    { check: 'auth server', level: 'fail', found: 'the key owns no prefix' },
  ]);
});

it('a broker that the service cannot reach is a fault', async () => {
  const all = await findings({ reachBroker: () => Promise.resolve('ETIMEDOUT') });
  expect(all[1]).toMatchObject({
    level: 'fail',
    found: '127.0.0.1:6001, which the auth server names, cannot be reached (ETIMEDOUT)',
    advice: expect.stringContaining('PUSHER_HOST') as string,
  });
});
