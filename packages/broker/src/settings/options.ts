import { DEVELOPMENT_APP, isLoopback, RollcallError } from '@rollcall/protocol';
import { readCertificate, readTextFile, silentLogger } from '@rollcall/runtime';
import type { Certificate, Logger } from '@rollcall/runtime';
import { adminTokenFaults } from '@rollcall/runtime/admin';
import {
  checkSettings,
  layered,
  readSettingsFile,
  resolveSettings,
} from '@rollcall/runtime/settings';
import type { Fault, Resolved, Values } from '@rollcall/runtime/settings';
import { BROKER_SETTINGS } from './table.ts';

/** What a configuration file of a broker holds: docs/reference/config.md has the meaning of each setting. */
export type BrokerConfig = Values<typeof BROKER_SETTINGS>;

/** An app, and what its clients may do. */
export type AppOptions = BrokerConfig['apps'][number];

/** Where events of an app are sent. */
export type WebhookOptions = NonNullable<AppOptions['webhooks']>[number];

/** The options of a broker: the settings of docs/reference/config.md, with a certificate instead of its files. */
export interface BrokerOptions extends Omit<BrokerConfig, 'tls' | 'metrics'> {
  /** Default 0, so that the system chooses: see {@link Broker.port}. */
  readonly port?: number;
  /** With it, the port speaks TLS only. Default: none. */
  readonly tls?: Certificate | undefined;
  /** Where Prometheus finds `/metrics`. Default: nowhere. */
  readonly metrics?: BrokerConfig['metrics'] | undefined;
  /** Folder of the dashboard that the admin API serves: `dashboardFolder` of `@rollcall/dashboard`. Default: none. */
  readonly dashboard?: string | undefined;
  /** Receives a line for each event that an operator should know of; never a secret. Default: none. */
  readonly logger?: Logger;
}

/** The options with defaults. */
export type Settings = Omit<Resolved<typeof BROKER_SETTINGS>, 'tls'> & {
  readonly tls: Certificate | undefined;
  readonly dashboard: string | undefined;
  readonly logger: Logger;
};

/**
 * Reads the options of a broker from a JSON file, as docs/reference/config.md describes it.
 * @throws {@link RollcallError} `ROLLCALL_CONFIG` with all faults, a line each
 */
export function readConfigFile(file: string): BrokerOptions {
  return optionsOf(layered(BROKER_SETTINGS, [readSettingsFile(file, BROKER_SETTINGS)]));
}

/**
 * Reads the files that a configuration names.
 * @throws {@link RollcallError} `ROLLCALL_CONFIG`
 */
export function optionsOf({ tls, ...config }: BrokerConfig): BrokerOptions {
  return { ...config, tls: tls && readCertificate(tls) };
}

/**
 * Checks options, reads the admin token and fills in the defaults.
 * @throws {@link RollcallError} `ROLLCALL_CONFIG` with all faults, a line each
 */
export function readOptions({
  tls,
  dashboard,
  logger = silentLogger,
  ...options
}: BrokerOptions): Settings {
  const { values, faults } = checkSettings(
    BROKER_SETTINGS,
    { port: 0, ...options },
    { isFile: false },
  );
  if (faults.length > 0) throw misconfigured(faults.map(({ message }) => message).join('\n'));
  const { adminTokenFile } = options;
  const adminToken = adminTokenFile === undefined ? undefined : readToken(adminTokenFile);
  const checked = { ...values, ...(adminToken !== undefined && { adminToken }) };
  const settings = resolveSettings(BROKER_SETTINGS, checked as BrokerConfig);
  checkToken(settings);
  const contradictions = faultsOfWhole(settings);
  if (contradictions.length > 0)
    throw misconfigured(contradictions.map(({ message }) => message).join('\n'));
  const { path } = settings;
  return { ...settings, path: path === '/' ? '' : path, tls, dashboard, logger };
}

/** A file, so that no list of processes shows the token. */
function readToken(file: string): string {
  const adminToken = readTextFile(file).trim();
  const { faults } = checkSettings(
    { adminToken: BROKER_SETTINGS.adminToken },
    { adminToken },
    { isFile: false },
  );
  if (faults.length === 0) return adminToken;
  throw misconfigured(faults.map(({ message }) => `${file}: ${message}`).join('\n'));
}

function checkToken({
  adminHost,
  adminPort,
  adminToken,
  adminTokens,
}: Pick<Settings, 'adminHost' | 'adminPort' | 'adminToken' | 'adminTokens'>): void {
  const hasToken = adminToken !== undefined || Object.keys(adminTokens).length > 0;
  if (adminPort === undefined || hasToken || isLoopback(adminHost)) return;
  throw misconfigured(
    `the admin API at ${adminHost} would be open to others: set ROLLCALL_BROKER_ADMIN_TOKEN, --admin-token-file or \`adminTokens\``,
  );
}

/**
 * Returns what no single setting shows, such as two apps with one key.
 * @param config each of whose settings is valid
 */
export function faultsOfWhole({
  apps,
  host = BROKER_SETTINGS.host.default,
  ...tokens
}: Pick<
  BrokerConfig,
  'apps' | 'host' | 'adminToken' | 'adminTokenFile' | 'adminTokens'
>): readonly Fault[] {
  return [
    ...adminTokenFaults(tokens),
    ...sharedFaults(apps, 'appId'),
    ...sharedFaults(apps, 'key'),
    ...(isLoopback(host) ? [] : publicSecretFaults(apps, host)),
  ];
}

function sharedFaults(apps: readonly AppOptions[], name: 'appId' | 'key'): Fault[] {
  return apps.flatMap((app, index) => {
    const first = apps.findIndex((other) => other[name] === app[name]);
    if (first === index) return [];
    const message = `\`apps.${index}.${name}\` is the same as \`apps.${first}.${name}\`; give each app its own`;
    return { path: ['apps', String(index), name], message };
  });
}

function publicSecretFaults(apps: readonly AppOptions[], host: string): Fault[] {
  const index = apps.findIndex(({ secret }) => secret === DEVELOPMENT_APP.secret);
  if (index === -1) return [];
  const message = `the development credentials are public and host ${host} can be reached from outside; give an app with a key and secret of its own, or listen at 127.0.0.1`;
  return [{ path: ['apps', String(index), 'secret'], message }];
}

function misconfigured(message: string): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', message);
}
