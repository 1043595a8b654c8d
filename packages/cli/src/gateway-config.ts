import type { RegistryConfig, Environment } from '@rollcall/client';
import { describeServer, RollcallError } from '@rollcall/client';
import { defaultAdminPort, layered, parseSetting, readConfigFile } from '@rollcall/gateway';
import type { FileConfig, GatewayConfig } from '@rollcall/gateway';
import { adminToken } from './admin-token.ts';
import { list, listenHost, portOf, wholeNumber, workerCount } from './options.ts';
import { snapshotPath } from './snapshot-path.ts';

/** The options of `rollcall gateway` that say where its configuration is, as commander gives them. */
export interface ConfigOptions {
  readonly config?: string;
  readonly set?: readonly string[];
  readonly [flag: string]: string | readonly string[] | undefined;
}

export const GATEWAY_PORT = 1500;

interface Source {
  readonly flag: string;
  readonly option: string;
  readonly env?: string;
  /** @param name of what gave the text, for people */
  readonly read: (name: string, text: string) => FileConfig;
}

/** What has a flag, and perhaps a variable, of its own. All else is set by `--set` or in the file. */
const SOURCES: readonly Source[] = [
  {
    flag: '--host',
    option: 'host',
    env: 'HOST',
    read: (n, text) => ({ host: listenHost(n, text) }),
  },
  { flag: '--port', option: 'port', env: 'PORT', read: (n, text) => ({ port: portOf(n, text) }) },
  { flag: '--domain', option: 'domain', env: 'DOMAIN', read: (_, domain) => ({ domain }) },
  {
    flag: '--snapshot',
    option: 'snapshot',
    env: 'ROLLCALL_SNAPSHOT',
    read: (_, snapshot) => ({ snapshot }),
  },
  {
    flag: '--admin-host',
    option: 'adminHost',
    env: 'ROLLCALL_ADMIN_HOST',
    read: (n, text) => ({ adminHost: listenHost(n, text) }),
  },
  {
    flag: '--admin-port',
    option: 'adminPort',
    env: 'ROLLCALL_ADMIN_PORT',
    read: (n, text) => ({ adminPort: portOf(n, text) }),
  },
  {
    flag: '--admin-token-file',
    option: 'adminTokenFile',
    read: (_, adminTokenFile) => ({ adminTokenFile }),
  },
  {
    flag: '--allow',
    option: 'allow',
    env: 'ROLLCALL_ALLOW',
    read: (_, text) => ({ allow: list(text) }),
  },
  {
    flag: '--deny',
    option: 'deny',
    env: 'ROLLCALL_DENY',
    read: (_, text) => ({ deny: list(text) }),
  },
  {
    flag: '--trusted-proxies',
    option: 'trustedProxies',
    env: 'ROLLCALL_TRUSTED_PROXIES',
    read: (_, text) => ({ trustedProxies: list(text) }),
  },
  {
    flag: '--workers',
    option: 'workers',
    env: 'ROLLCALL_WORKERS',
    read: (n, text) => ({ workers: workerCount(n, text) }),
  },
  {
    flag: '--access-log',
    option: 'accessLog',
    env: 'ROLLCALL_ACCESS_LOG',
    read: (_, text) => parseSetting(`accessLog.to=${text}`),
  },
  {
    flag: '--access-log-sample',
    option: 'accessLogSample',
    env: 'ROLLCALL_ACCESS_LOG_SAMPLE',
    read: (_, text) => parseSetting(`accessLog.sample=${text}`),
  },
  {
    flag: '--dns-port',
    option: 'dnsPort',
    env: 'ROLLCALL_DNS_PORT',
    read: (n, text) => ({ dnsPort: portOf(n, text) }),
  },
  {
    flag: '--dns-domain',
    option: 'dnsDomain',
    env: 'ROLLCALL_DNS_DOMAIN',
    read: (_, dnsDomain) => ({ dnsDomain }),
  },
  {
    flag: '--dns-ttl',
    option: 'dnsTtl',
    env: 'ROLLCALL_DNS_TTL',
    read: (n, text) => ({ dnsTtl: wholeNumber(n, text, { min: 0, max: 86_400 }) }),
  },
  {
    flag: '--xds-port',
    option: 'xdsPort',
    env: 'ROLLCALL_XDS_PORT',
    read: (n, text) => ({ xdsPort: portOf(n, text) }),
  },
];

/**
 * Puts a gateway's configuration together: flags before `--set`, these before the environment, that before
 * the file.
 *
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function gatewayConfig(
  options: ConfigOptions,
  env: Environment,
  connection: RegistryConfig,
): GatewayConfig {
  const file = configFile(options, env);
  const { snapshot, adminTokenFile, ...config } = layered([
    ...(file === undefined ? [] : [readConfigFile(file)]),
    ...(env['ROLLCALL_SET'] ?? '').split(/\s+/).filter(Boolean).map(parseSetting),
    ...SOURCES.flatMap(({ env: name, read }) => {
      const text = name && env[name];
      return name && text ? [read(name, text)] : [];
    }),
    ...(options.set ?? []).map(parseSetting),
    ...SOURCES.flatMap(({ option, flag, read }) => {
      const text = options[option];
      return typeof text === 'string' ? [read(flag, text)] : [];
    }),
    ...tlsOf(options),
  ]);
  const port = config.port ?? GATEWAY_PORT;
  const purpose = `${describeServer(connection)} ${connection.appId} ${connection.channels.registry} ${port}`;
  const snapshotFile = snapshotPath(snapshot, env, purpose);
  const token = adminToken(adminTokenFile, env['ROLLCALL_ADMIN_TOKEN']);
  return {
    ...config,
    port,
    adminPort: config.adminPort ?? defaultAdminPort(port),
    traces: Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT']),
    ...(snapshotFile !== undefined && { snapshotFile }),
    ...(token !== undefined && { adminToken: token }),
  };
}

/** The file that holds the configuration, if there is one. */
export function configFile({ config }: ConfigOptions, env: Environment): string | undefined {
  return config ?? (env['ROLLCALL_CONFIG'] || undefined);
}

function tlsOf({ tlsCert: cert, tlsKey: key }: ConfigOptions): FileConfig[] {
  if (cert === undefined && key === undefined) return [];
  if (typeof cert === 'string' && typeof key === 'string') return [{ tls: { cert, key } }];
  throw new RollcallError(
    'ROLLCALL_CONFIG',
    '--tls-cert and --tls-key go together; give both or none',
  );
}
