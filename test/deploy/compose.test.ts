import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { hasSoketi } from '../support/available.ts';
import { ROOT } from '../support/document.ts';
import { KNOWN_VARIABLES, unknownWords } from '../support/settings.ts';

interface Service {
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly image?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly restart?: string;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const text = readFileSync(join(ROOT, 'deploy/compose.production.yaml'), 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const { gateway, broker, redis } = compose.services;

describe('deploy/compose.production.yaml', () => {
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
      for (const name of service.networks) expect(compose.networks).toHaveProperty(name);
      for (const volume of service.volumes ?? []) {
        expect(compose.volumes).toHaveProperty(volume.split(':')[0] ?? '');
      }
      for (const name of Object.keys(service.depends_on ?? {})) {
        expect(compose.services).toHaveProperty(name);
      }
    },
  );

  it('starts the gateway with an existing command and variables', () => {
    expect(unknownWords(gateway?.command ?? [])).toEqual([]);
    for (const name of Object.keys(gateway?.environment ?? {})) {
      expect(KNOWN_VARIABLES, name).toContain(name);
    }
  });

  it('requires every secret from the environment, and contains none', () => {
    for (const [name, value] of Object.entries(gateway?.environment ?? {})) {
      if (/KEY|SECRET|TOKEN/.test(name)) expect(value).toMatch(/^\$\{[A-Z_]+:\?/);
    }
    expect(broker?.environment).toMatchObject({
      SOKETI_DEFAULT_APP_SECRET: '${PUSHER_APP_SECRET}',
    });
  });

  it('exposes only the gateway', () => {
    expect(redis?.networks).toEqual(['brokers']);
    expect(compose.networks).toMatchObject({
      brokers: { internal: true },
      registry: { internal: true },
    });
    const reached = Object.values(compose.services).filter(({ ports }) => ports !== undefined);
    expect(reached).toEqual([gateway]);
  });

  it.runIf(hasSoketi)('sets only variables that soketi reads', () => {
    const cli = 'test/peers/soketi/node_modules/@soketi/soketi/dist/cli/cli.js';
    const source = readFileSync(join(ROOT, cli), 'utf8');
    for (const name of Object.keys(broker?.environment ?? {})) {
      expect(source).toMatch(new RegExp(`\\b${name.replace('SOKETI_', '')}: '`));
    }
  });
});
