import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { composeWith, networksOf, readCompose } from '../support/compose.ts';
import { ROOT } from '../support/document.ts';
import { KNOWN_VARIABLES, unknownWords } from '../support/settings.ts';

const FILE = 'deploy/compose.production.yaml';
const compose = readCompose(FILE);
const own = Object.entries(compose.services).filter(([, { build }]) => build !== undefined);

describe('deploy/compose.production.yaml', () => {
  it('runs two brokers and two gateways', () => {
    expect(Object.keys(compose.services)).toEqual([
      'redis',
      'broker-1',
      'broker-2',
      'gateway-1',
      'gateway-2',
    ]);
  });

  it.each(Object.entries(compose.services))(
    '%s is hardened, and refers only to existing files, networks and volumes',
    (_, service) => {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        restart: 'unless-stopped',
      });
      if (service.build !== undefined) {
        expect(
          existsSync(join(ROOT, 'deploy', service.build.context, service.build.dockerfile)),
        ).toBe(true);
      } else expect(service.image).toBeDefined();
      for (const name of networksOf(service).keys()) expect(compose.networks).toHaveProperty(name);
      for (const volume of service.volumes ?? []) {
        expect(compose.volumes).toHaveProperty(volume.split(':')[0] ?? '');
      }
      for (const name of Object.keys(service.depends_on ?? {})) {
        expect(compose.services).toHaveProperty(name);
      }
    },
  );

  it.each(own)('starts %s with an existing command and variables', (_, service) => {
    expect(unknownWords(service.command ?? [])).toEqual([]);
    for (const name of Object.keys(service.environment ?? {})) {
      expect(KNOWN_VARIABLES, name).toContain(name);
    }
  });

  it('requires every secret from the environment, and contains none', () => {
    const required = [
      'PUSHER_APP_ID',
      'PUSHER_APP_KEY',
      'PUSHER_APP_SECRET',
      'REDIS_PASSWORD',
      'DOMAIN',
      'ROLLCALL_ADMIN_TOKEN',
    ];
    const all = Object.fromEntries(required.map((name) => [name, `the-${name}`]));
    for (const { environment = {} } of Object.values(composeWith(FILE, all).services)) {
      for (const [name, value] of Object.entries(environment)) {
        if (/KEY|SECRET|TOKEN|BUS|AUTH/.test(name)) expect(value, name).toContain('the-');
      }
    }
    for (const name of required) {
      const { [name]: _, ...others } = all;
      expect(() => composeWith(FILE, others)).toThrow(`requires ${name}`);
    }
  });

  it('exposes only the gateways, and shows Redis to nothing but the brokers', () => {
    expect(compose.networks).toMatchObject({
      brokers: { internal: true },
      registry: { internal: true },
    });
    const services = Object.entries(compose.services);
    const named = (is: (service: (typeof services)[0][1]) => boolean): string[] =>
      services.filter(([, service]) => is(service)).map(([name]) => name);
    expect(named((service) => networksOf(service).has('brokers'))).toEqual([
      'redis',
      'broker-1',
      'broker-2',
    ]);
    expect(named(({ ports }) => ports !== undefined)).toEqual(['gateway-1', 'gateway-2']);
  });
});
