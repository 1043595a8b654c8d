import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { registryFromEnv } from '@rollcall/client';
import { leavesOf, valuesOf } from '@rollcall/runtime/settings';
import type { Leaf } from '@rollcall/runtime/settings';
import { createGateway } from '../../src/gateway.ts';
import type { DataPlaneSettings } from '../../src/data-plane/data-plane.ts';
import { CATALOG_SETTINGS } from '../../src/settings/catalog.ts';
import { GATEWAY_SETTINGS } from '../../src/settings/table.ts';
import { nested, otherValue } from './other-value.ts';

const seen: unknown[] = [];

vi.mock('@rollcall/client', async (original) => ({
  ...(await original<object>()),
  discover: ({
    probeRules,
    tableLimits,
    policy,
    requireBroker,
  }: {
    probeRules: object;
    tableLimits: object;
    policy: Policy;
    requireBroker: boolean;
  }) => {
    const addresses = ['10.0.0.1', '127.0.0.1', '192.0.2.1'];
    seen.push(
      probeRules,
      tableLimits,
      addresses.map((address) => policy({ address, port: 1 })),
      requireBroker,
    );
    const directory = {
      isConnected: true,
      instances: () => [],
      prefixes: () => [],
      unproven: () => [],
      ready: () => {},
      close: () => {},
    };
    return Object.assign(new EventEmitter(), directory);
  },
}));
vi.mock('../../src/workers/create-data-plane.ts', () => ({
  createDataPlane({ workers, settings }: { workers: number; settings: DataPlaneSettings }) {
    const { pseudonym: _, ...rest } = settings;
    seen.push(workers, rest);
    return {
      listen: (port: number, host: string) => (seen.push(port, host), { port, host }),
      close: () => {},
    };
  },
}));
vi.mock('../../src/admin/app.ts', () => ({
  adminApp: ({ access }: { access: object }) => (
    seen.push(access),
    { get: () => {}, route: () => {} }
  ),
}));
vi.mock('../../src/audit/audit-log.ts', () => ({
  openAuditLog: (file: string | undefined) => (seen.push(file), { counts: [], close: () => {} }),
}));
vi.mock('../../src/serve-app.ts', () => ({
  serveApp: ({ host, port }: { host: string; port: number }) => (
    seen.push(host, port),
    { host, port, close: () => {} }
  ),
}));
vi.mock('../../src/auth/auth-server.ts', () => ({
  startAuthServer: ({ config }: { config: { auth: object } }) => (
    seen.push(config.auth),
    { close: () => {} }
  ),
}));
vi.mock('../../src/catalog/servers.ts', async (original) => ({
  ...(await original<object>()),
  serveCatalog: ({ config }: { config: object }) => (
    seen.push(valuesOf(CATALOG_SETTINGS, config)),
    { ports: {}, close: () => {} }
  ),
}));
vi.mock('../../src/snapshot/keep.ts', () => ({
  keepSnapshot: (_directory: unknown, snapshot: string) => (
    seen.push(snapshot),
    { rollouts: [], follow: () => {}, close: async () => {} }
  ),
}));
vi.mock('../../src/certificates/certificates.ts', () => ({
  speaksTls: () => true,
  openCertificates: ({ config }: { config: { tls: object } }) => (
    seen.push(config.tls),
    { tls: () => {}, challenges: () => {}, views: () => [], start: () => {}, close: () => {} }
  ),
}));

vi.mock('../../src/certificates/instance-files.ts', () => ({
  InstanceFiles: class {
    readonly credentials = {};
    constructor({ instanceCa, instanceCert, instanceKey }: Record<string, string>) {
      seen.push(instanceCa, instanceCert, instanceKey);
    }
    start(): void {}
    stop(): void {}
  },
}));

type Policy = (place: { address: string; port: number }) => unknown;

const folder = mkdtempSync(join(tmpdir(), 'rollcall-settings-'));
const file = join(folder, 'token');
beforeAll(() => writeFileSync(file, 'fedcba9876543210'));
afterAll(() => rmSync(folder, { recursive: true }));

/** All that the parts of a gateway are given by a configuration. */
async function given(config: object): Promise<string> {
  seen.length = 0;
  const gateway = await createGateway({ registry: registryFromEnv({}), ...config });
  await gateway.close();
  return JSON.stringify(seen);
}

/** One of these is refused without the other. */
const PAIR: ReadonlySet<string> = new Set(['instanceCert', 'instanceKey']);

/** A configuration in which one setting is not as by default. */
function changed(leaf: Leaf): object {
  const [group = ''] = leaf.path;
  if (PAIR.has(group)) return { instanceCert: file, instanceKey: file, [group]: `${file}2` };
  if (group === 'tls') return { ...ACME, tls: changedTls(leaf) };
  if (group === 'auth') return { auth: changedAuth(leaf) };
  return nested(leaf.path, leaf.setting.type === 'file' ? file : otherValue(leaf));
}

/** The least with which every setting of the auth server can be given. */
const AUTH = { port: 1, cert: file, key: file };

function changedAuth({ path: [, name = ''], setting }: Leaf): object {
  const value =
    setting.type === 'file' ? `${file}2` : { host: '127.0.0.2', port: 2, isBehindTls: true }[name];
  return { ...AUTH, [name]: value };
}

/** The least with which every setting of TLS can be given. */
const ACME = {
  domain: 'api.example.com',
  tls: {
    cert: file,
    key: file,
    acme: { email: 'a@example.com', eab: { keyId: 'k', hmacKeyFile: file } },
  },
};

function changedTls(leaf: Leaf): object {
  const [, group = '', ...path] = leaf.path;
  const value = tlsValue(leaf);
  if (group !== 'acme') return { ...ACME.tls, [group]: value };
  const { acme } = ACME.tls;
  const [name = '', inner = ''] = path;
  const changedPart = name === 'eab' ? { ...acme.eab, [inner]: value } : value;
  return { ...ACME.tls, acme: { ...acme, [name]: changedPart } };
}

function tlsValue(leaf: Leaf): unknown {
  if (leaf.setting.type === 'file') return `${file}2`;
  return leaf.setting.type === 'groups' ? [{ cert: file, key: file }] : otherValue(leaf);
}

function leastFor(name: string): object {
  if (name.startsWith('tls')) return ACME;
  return name.startsWith('auth.') ? { auth: AUTH } : {};
}

const fixed = leavesOf(GATEWAY_SETTINGS).filter(({ reloads }) => !reloads);

it.each(fixed.map((leaf) => [leaf.path.join('.'), leaf] as const))(
  '%s has an effect',
  async (name, leaf) => {
    const before = await given(leastFor(name));
    expect(await given(changed(leaf))).not.toBe(before);
  },
);
