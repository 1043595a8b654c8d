import {
  channelsOf,
  DEVELOPMENT_APP,
  EMBEDDED_HOST,
  isLoopback,
  RollcallError,
  urlHost,
} from '@rollcall/protocol';
import type { Channels } from '@rollcall/protocol';
import { fromEnvironment, layered, resolveSettings } from '@rollcall/runtime/settings';
import type { Resolved, Settings } from '@rollcall/runtime/settings';
import { APP_SETTINGS, REGISTRY_SETTINGS } from './registry-settings.ts';
import type { RegistryValues } from './registry-settings.ts';

/**
 * Where the registry is, and the credentials to use it. {@link registryFromEnv} reads one from the
 * environment.
 */
export interface RegistryConfig {
  /** The id of the app. Pusher's are numbers. */
  readonly appId: string;
  /** The key of the app, which is public: web pages contain it. */
  readonly key: string;
  /** The secret of the app. It signs requests and subscriptions. */
  readonly secret: string;
  /** Whether connections to the server use TLS. */
  readonly tls: boolean;
  /**
   * The server: a self-hosted or embedded broker, with one port for HTTP and WebSocket, or a cluster of hosted
   * Pusher such as `eu`.
   */
  readonly server: { readonly host: string; readonly port: number } | { readonly cluster: string };
  /** Whether no server is configured, so that it is the embedded broker on this machine. */
  readonly embedded: boolean;
  /** The channel on which instances are announced, and the channels that are derived from its name. */
  readonly channels: Channels;
  /** The key of an encrypted registry: 32 bytes in base64. */
  readonly masterKey?: string;
}

/** Variables of an environment, such as `process.env`. An empty value counts as unset. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration of a registry from variables of the environment: `PUSHER_APP_ID`, `PUSHER_APP_KEY`,
 * `PUSHER_APP_SECRET`, `PUSHER_HOST`, `PUSHER_PORT`, `PUSHER_APP_CLUSTER`, `PUSHER_APP_SECURE`, `ROLLCALL_CHANNEL` and
 * `ROLLCALL_MASTER_KEY`. docs/reference/config.md describes each.
 *
 * Without any, it is the embedded broker on this machine and the development app. That is public knowledge, so it is for
 * brokers on loopback only.
 *
 * @param env the variables, such as `process.env`
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function registryFromEnv(env: Environment): RegistryConfig {
  const values = valuesFrom(REGISTRY_SETTINGS, env);
  const { host, cluster, port } = values;
  const server =
    host === undefined && cluster !== undefined
      ? { cluster }
      : { host: host ?? EMBEDDED_HOST, port };
  return {
    ...credentials(values, 'host' in server ? server.host : undefined),
    tls: values.tls ?? 'cluster' in server,
    server,
    embedded: host === undefined && cluster === undefined,
    ...channelsFrom(values),
  };
}

function valuesFrom<G extends Settings>(settings: G, env: Environment): Resolved<G> {
  return resolveSettings(settings, layered(settings, [fromEnvironment(settings, env)]));
}

function channelsFrom({
  channel,
  masterKey,
}: RegistryValues): Pick<RegistryConfig, 'channels' | 'masterKey'> {
  const channels = channelsOf(channel);
  if (typeof channels === 'string') throw bad(channels);
  if (channels.isEncrypted && masterKey === undefined) {
    throw bad(
      'ROLLCALL_MASTER_KEY is not set: an encrypted channel needs 32 bytes in base64, such as the output of "openssl rand -base64 32"',
    );
  }
  if (!channels.isEncrypted && masterKey !== undefined) {
    throw bad(
      'ROLLCALL_MASTER_KEY is set, but the channel is not encrypted: set ROLLCALL_CHANNEL to private-encrypted-mapped-discovery, or unset the key',
    );
  }
  return { channels, ...(masterKey !== undefined && { masterKey }) };
}

/** The server of a registry in words, for logs and errors: `127.0.0.1:6001` or `hosted Pusher (cluster eu)`. */
export function describeServer({ server }: RegistryConfig): string {
  if ('cluster' in server) return `hosted Pusher (cluster ${server.cluster})`;
  return `${urlHost(server.host)}:${server.port}`;
}

/** Whether only programs on this machine can reach the server. */
export function isLocal({ server }: RegistryConfig): boolean {
  return 'host' in server && isLoopback(server.host);
}

let hasWarned = false;

/** Emits a process warning, once, about a registry on a public channel of a server that other machines can reach. */
export function warnIfReadable(registry: RegistryConfig): void {
  if (hasWarned || !registry.channels.isPublic || isLocal(registry)) return;
  hasWarned = true;
  process.emitWarning(
    `the channel ${registry.channels.registry} is public: any holder of the app key, which web pages contain, can read the addresses of your instances. Set ROLLCALL_CHANNEL to private-mapped-discovery for every program`,
    { type: 'RollcallWarning', code: 'ROLLCALL_PUBLIC_CHANNEL' },
  );
}

/**
 * The app's id, key and secret: all three from the environment, or the development app if none is set and
 * the broker is on loopback.
 *
 * @param host the host of the broker; undefined for hosted Pusher
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function credentialsFromEnv(
  env: Environment,
  host: string | undefined,
): Pick<RegistryConfig, 'appId' | 'key' | 'secret'> {
  return credentials(valuesFrom(APP_SETTINGS, env), host);
}

function credentials(
  { appId, key, secret }: Resolved<typeof APP_SETTINGS>,
  host: string | undefined,
): Pick<RegistryConfig, 'appId' | 'key' | 'secret'> {
  if (appId !== undefined && key !== undefined && secret !== undefined)
    return { appId, key, secret };
  const given = { PUSHER_APP_ID: appId, PUSHER_APP_KEY: key, PUSHER_APP_SECRET: secret };
  const missing = Object.entries(given).filter(([, each]) => each === undefined);
  const names = missing.map(([name]) => name).join(' and ');
  if (missing.length < 3) throw bad(`${names} not set: the app's id, key and secret go together`);
  if (host === undefined || !isLoopback(host)) {
    throw bad(`${names} not set: the development credentials are for a broker on loopback only`);
  }
  return DEVELOPMENT_APP;
}

function bad(message: string): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', message);
}
