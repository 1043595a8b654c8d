import { expect, it } from 'vitest';
import { registryFromEnv } from '@rollcall/client';
import type { ExposureFacts, ExposureFinding } from '@rollcall/gateway';
import { judgeExposure } from '../../src/doctor/exposure.ts';

/** What a machine knows whose broker has no TLS, and an instance on another machine neither. */
const HERE: ExposureFacts = {
  registry: registryFromEnv({
    PUSHER_APP_ID: '1',
    PUSHER_APP_KEY: 'k',
    PUSHER_APP_SECRET: 's',
    PUSHER_HOST: '10.0.0.1',
    ROLLCALL_CHANNEL: 'private-mapped-discovery',
  }),
  announcements: [{ prefix: '/v1', address: '10.0.0.7', port: 3000 }],
  ownAddresses: ['10.0.0.5'],
  now: 0,
};
const AT_GATEWAY: readonly ExposureFinding[] = [
  { code: 'unowned-allowed', severity: 'high', found: 'f', advice: 'a' },
  { code: 'no-audit-log', severity: 'low', found: 'f', advice: 'a' },
];

function found(atGateway: readonly ExposureFinding[] | undefined): string[] {
  return judgeExposure(atGateway, HERE).map(({ level, found: what }) => `${level} ${what}`);
}

it('is that at the gateway, with what this machine finds of the brokers, the most important first', () => {
  expect(found(AT_GATEWAY)).toEqual([
    'warn high: f (unowned-allowed)',
    expect.stringMatching(/^warn medium: .* \(broker-without-tls\)$/),
    'warn low: f (no-audit-log)',
  ]);
});

it('is what this machine knows if no gateway answers', () => {
  expect(found(undefined)).toEqual([
    expect.stringMatching(/^warn medium: .* \(broker-without-tls\)$/),
    expect.stringMatching(/^warn low: 1 instance of \/v1 .* \(plain-instances\)$/),
  ]);
});

it('is none on a machine for development, and says what was looked at', () => {
  const development = { ...HERE, registry: registryFromEnv({}) };
  expect(judgeExposure([], development)).toEqual([
    { check: 'exposure', level: 'ok', found: 'none found, here and at the gateway' },
  ]);
  expect(judgeExposure(undefined, development)[0]?.found).toBe(
    'none found, without the settings of a gateway',
  );
});
