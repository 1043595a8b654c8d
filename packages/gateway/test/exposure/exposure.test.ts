import { describe, expect, it } from 'vitest';
import { generateServiceKey, publicKeyOf, registryFromEnv } from '@rollcall/client';
import type { Announcement } from '@rollcall/client';
import { DEVELOPMENT_APP } from '@rollcall/protocol';
import { EXPOSURE_CODES, exposureOf } from '../../src/exposure/exposure.ts';
import type { ExposureFacts, ExposedGateway } from '../../src/exposure/facts.ts';
import { resolveConfig } from '../../src/settings/config.ts';
import type { GatewayConfig } from '../../src/settings/config.ts';

const NOW = Date.parse('2026-11-30T00:00:00Z');
const KEY = publicKeyOf(generateServiceKey());
const OTHER_KEY = publicKeyOf(generateServiceKey());
const HASH = `sha256:${'0'.repeat(64)}`;
const UNSIGNED: Announcement = { prefix: '/v1', address: '10.0.0.7', port: 443, scheme: 'https' };
const SIGNED: Announcement = { ...UNSIGNED, sig: 's'.repeat(86) };
const REGISTRY = {
  PUSHER_APP_ID: '1',
  PUSHER_APP_KEY: 'k',
  PUSHER_APP_SECRET: 's',
  PUSHER_HOST: '10.0.0.1',
  PUSHER_APP_SECURE: '1',
  ROLLCALL_CHANNEL: 'private-mapped-discovery',
};
const CONFIG: GatewayConfig = {
  host: '0.0.0.0',
  trustedProxies: ['10.0.0.2'],
  adminTokens: {
    alice: { hash: HASH, scopes: ['read', 'drain', 'versions'] },
    prometheus: { hash: HASH.replace('0', '1'), scopes: ['read'] },
  },
  owners: { '/v1': [KEY] },
  unowned: 'refuse',
};

interface Planted {
  readonly env?: Record<string, string>;
  readonly config?: GatewayConfig;
  readonly announcements?: readonly Announcement[];
  readonly ownAddresses?: readonly string[];
  readonly gateway?: Partial<ExposedGateway>;
}

/** A deployment in which nothing is left to do, except for what is planted. */
function facts({ env, config, announcements, ownAddresses, gateway }: Planted = {}): ExposureFacts {
  return {
    registry: registryFromEnv({ ...REGISTRY, ...env }),
    announcements: announcements ?? [SIGNED],
    ownAddresses: ownAddresses ?? ['10.0.0.5'],
    now: NOW,
    gateway: {
      config: resolveConfig({ ...CONFIG, ...config }),
      audit: 'kept',
      unproven: 0,
      ...gateway,
    },
  };
}

/** What is found, as `severity code`. */
function found(given: ExposureFacts): string[] {
  return exposureOf(given).map(({ severity, code }) => `${severity} ${code}`);
}

const isIn = (days: number): string => new Date(NOW + days * 86_400_000).toISOString();
const LOOPBACK = { PUSHER_HOST: '127.0.0.1', PUSHER_APP_SECURE: '0' };
const OPEN_ADMIN = { adminHost: '0.0.0.0' };

describe('a deployment in which nothing is left to do', () => {
  it('has no exposure', () => {
    expect(found(facts())).toEqual([]);
  });

  it.each<[finding: string, planted: Planted]>([
    ['high development-credentials', { env: { PUSHER_APP_SECRET: DEVELOPMENT_APP.secret } }],
    [
      'low development-credentials',
      { env: { ...LOOPBACK, PUSHER_APP_SECRET: DEVELOPMENT_APP.secret } },
    ],
    ['high ownership-reported', { config: { ownership: 'report' } }],
    ['high unowned-allowed', { config: { unowned: 'allow', owners: { '/v1/*': [KEY] } } }],
    ['low unowned-allowed', { config: { unowned: 'allow' } }],
    ['high expiring-keys', { config: { owners: { '/v1': [`${KEY} until ${isIn(-1)}`] } } }],
    ['medium expiring-keys', { config: { owners: { '/v1': [`${KEY} until ${isIn(13)}`] } } }],
    ['medium broker-without-tls', { env: { PUSHER_APP_SECURE: '0' } }],
    [
      'low broker-without-tls',
      {
        env: {
          PUSHER_APP_SECURE: '0',
          ROLLCALL_CHANNEL: 'private-encrypted-mapped-discovery',
          ROLLCALL_MASTER_KEY: Buffer.alloc(32).toString('base64'),
        },
      },
    ],
    ['medium public-channel', { env: { ROLLCALL_CHANNEL: 'mapped-discovery' } }],
    ['low unsigned-instances', { announcements: [SIGNED, { ...UNSIGNED, port: 444 }] }],
    ['low plain-instances', { announcements: [{ ...SIGNED, scheme: 'http' }] }],
    [
      'low admin-token-for-all',
      {
        config: {
          ...OPEN_ADMIN,
          adminTokens: {
            alice: { hash: HASH, scopes: ['read', 'drain', 'versions'] },
            bob: { hash: HASH.replace('0', '1'), scopes: ['read'], expiresAt: isIn(-1) },
          },
        },
      },
    ],
    ['low no-audit-log', { gateway: { audit: 'memory' } }],
    ['medium no-audit-log', { gateway: { audit: 'failing' } }],
  ])('has only %s if it is planted', (finding, planted) => {
    const given = facts(planted);
    expect(found(given)).toEqual([finding]);
    for (const { found: what, advice } of exposureOf(given))
      for (const text of [what, advice]) expect(text).toMatch(/^\S.{10,}[^.]$/);
  });

  it.each<[finding: string, planted: Planted]>([
    ['clients-without-tls', { config: { trustedProxies: [] } }],
    ['admin-without-tls', { config: { ...OPEN_ADMIN, host: '127.0.0.1', trustedProxies: [] } }],
  ])('has medium %s if no proxy speaks TLS in front of it', (finding, planted) => {
    expect(found(facts(planted))).toEqual([`medium ${finding}`]);
  });

  it.each<[what: string, planted: Planted]>([
    [
      'a public registry on loopback',
      { env: { ...LOOPBACK, ROLLCALL_CHANNEL: 'mapped-discovery' } },
    ],
    [
      'a second key that stays',
      { config: { owners: { '/v1': [`${KEY} until ${isIn(1)}`, OTHER_KEY] } } },
    ],
    [
      'instances on the machine of the gateway',
      { announcements: [{ ...SIGNED, address: '10.0.0.5', scheme: 'http' }] },
    ],
    ['an admin API without tokens', { config: { adminTokens: {} }, gateway: { audit: 'memory' } }],
  ])('has none with %s', (_what, planted) => {
    expect(found(facts(planted))).toEqual([]);
  });
});

/** What is found while ownership is only reported. */
const report = (unproven: number) =>
  exposureOf(facts({ config: { ownership: 'report' }, gateway: { unproven } }))[0];

describe('a finding', () => {
  it('names prefixes without owners, five of them at most', () => {
    const announcements = Array.from({ length: 7 }, (_, index) => ({
      ...SIGNED,
      prefix: `/${index}`,
    }));
    const given = facts({ config: { unowned: 'allow' }, announcements });
    expect(exposureOf(given)[0]?.found).toMatch(
      /^\/0, \/1, \/2, \/3, \/4 and 2 more have no owners:/,
    );
  });

  it('says how many instances ownership would refuse, and only then to give out keys', () => {
    expect(report(0)).toMatchObject({
      found: expect.stringContaining('; no instance would be refused') as string,
      advice: 'remove `ownership` from the configuration',
    });
    expect(report(2)).toMatchObject({
      found: expect.stringContaining('; 2 instances would be refused') as string,
      advice: expect.stringMatching(/^give their services a key/) as string,
    });
  });

  it('comes before those of a lower severity, and then in the order of the codes', () => {
    const given = facts({
      env: { PUSHER_APP_SECURE: '0', ROLLCALL_CHANNEL: 'mapped-discovery' },
      config: { ownership: 'report', unowned: 'allow', owners: {}, trustedProxies: [] },
      announcements: [{ ...SIGNED, scheme: 'http' }],
      gateway: { audit: 'memory' },
    });
    expect(found(given)).toEqual([
      'high unowned-allowed',
      'medium broker-without-tls',
      'medium clients-without-tls',
      'medium public-channel',
      'low plain-instances',
      'low no-audit-log',
    ]);
    expect(EXPOSURE_CODES.indexOf('ownership-reported')).toBeLessThan(
      EXPOSURE_CODES.indexOf('unowned-allowed'),
    );
  });
});

describe('a program that is no gateway', () => {
  it('finds what the registry shows', () => {
    const { gateway: _, ...known } = facts({
      env: { PUSHER_APP_SECURE: '0', ROLLCALL_CHANNEL: 'mapped-discovery' },
      announcements: [SIGNED, { ...UNSIGNED, port: 80, scheme: 'http' }],
    });
    expect(found(known)).toEqual([
      'medium broker-without-tls',
      'medium public-channel',
      'low unsigned-instances',
      'low plain-instances',
    ]);
  });
});

describe('a machine for development', () => {
  const development = { unowned: 'allow', owners: {}, host: '127.0.0.1' } as const;
  const env = { ...LOOPBACK, ROLLCALL_CHANNEL: 'mapped-discovery' };

  it('has no exposure while it listens on loopback only and no prefix has owners', () => {
    expect(found(facts({ env, config: development }))).toEqual([]);
    expect(found(facts({ env, config: { ...development, host: '0.0.0.0' } }))).not.toEqual([]);
    expect(found(facts({ env, config: { ...development, owners: { '/v2': [KEY] } } }))).not.toEqual(
      [],
    );
  });
});
