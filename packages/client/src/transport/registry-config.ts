import {
  channelsOf,
  DEFAULT_CHANNEL,
  DEVELOPMENT_APP,
  EMBEDDED_HOST,
  EMBEDDED_PORT,
  isLoopback,
  isPlaceholder,
  parsePort,
  quote,
  RollcallError,
} from '@rollcall/protocol';
import type { Channels } from '@rollcall/protocol';

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

const MASTER_KEY_BYTES = 32;

/**
 * Reads the configuration of a registry from variables of the environment:
 *
 * | variable | meaning | default |
 * |---|---|---|
 * | `PUSHER_APP_ID`, `PUSHER_APP_KEY`, `PUSHER_APP_SECRET` | the app: all three or none | the development app, if the broker is on loopback |
 * | `PUSHER_HOST` | host of a self-hosted broker. It takes precedence over `PUSHER_APP_CLUSTER` | 127.0.0.1 |
 * | `PUSHER_PORT` | port of a self-hosted broker | 6001 |
 * | `PUSHER_APP_CLUSTER` | cluster of hosted Pusher | unset |
 * | `PUSHER_APP_SECURE` | `1` for TLS, `0` for none | `1` for hosted Pusher, `0` otherwise |
 * | `ROLLCALL_CHANNEL` | the registry's channel, `private-` or `private-encrypted-` or neither | `mapped-discovery` |
 * | `ROLLCALL_MASTER_KEY` | key of an encrypted channel: 32 bytes in base64 | unset |
 *
 * The development app is public knowledge, so it is for brokers on loopback only.
 *
 * @param env the variables, such as `process.env`
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function registryFromEnv(env: Environment): RegistryConfig {
  const host = value(env, 'PUSHER_HOST');
  const cluster = value(env, 'PUSHER_APP_CLUSTER');
  const hosted = host === undefined && cluster !== undefined;
  const server = hosted
    ? { cluster: clusterName(cluster) }
    : { host: serverHost(host ?? EMBEDDED_HOST), port: serverPort(env) };

  return {
    ...credentialsFromEnv(env, 'host' in server ? server.host : undefined),
    tls: secure(env) ?? hosted,
    server,
    embedded: host === undefined && !hosted,
    ...channelsFromEnv(env),
  };
}

function channelsFromEnv(env: Environment): Pick<RegistryConfig, 'channels' | 'masterKey'> {
  const channels = channelsOf(value(env, 'ROLLCALL_CHANNEL') ?? DEFAULT_CHANNEL);
  if (typeof channels === 'string') throw bad(`ROLLCALL_CHANNEL: ${channels}`);
  const masterKey = value(env, 'ROLLCALL_MASTER_KEY');
  if (!channels.isEncrypted && masterKey === undefined) return { channels };
  if (!channels.isEncrypted) {
    throw bad(
      'ROLLCALL_MASTER_KEY is set, but the channel is not encrypted: set ROLLCALL_CHANNEL to private-encrypted-mapped-discovery, or unset the key',
    );
  }
  // The value is not quoted, because it is a secret.
  if (masterKey === undefined || !isMasterKey(masterKey)) {
    throw bad(
      'ROLLCALL_MASTER_KEY must be 32 bytes in base64 for an encrypted channel: create one with "openssl rand -base64 32"',
    );
  }
  return { channels, masterKey };
}

/** Whether text is a master key in canonical base64. Pusher's SDK accepts no other spelling; Node would. */
function isMasterKey(text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === MASTER_KEY_BYTES && bytes.toString('base64') === text;
}

/** The server of a registry in words, for logs and errors: `127.0.0.1:6001` or `hosted Pusher (cluster eu)`. */
export function describeServer({ server }: RegistryConfig): string {
  if ('cluster' in server) return `hosted Pusher (cluster ${server.cluster})`;
  return `${urlHost(server.host)}:${server.port}`;
}

/** A host in the form in which URLs have it: an IPv6 address in brackets. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
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
  const appId = value(env, 'PUSHER_APP_ID');
  const key = value(env, 'PUSHER_APP_KEY');
  const secret = value(env, 'PUSHER_APP_SECRET');
  if (appId !== undefined && key !== undefined && secret !== undefined) {
    if (isPlaceholder(secret))
      throw bad('PUSHER_APP_SECRET is a placeholder: set it to the secret of your app');
    return { appId, key, secret };
  }

  const given = { PUSHER_APP_ID: appId, PUSHER_APP_KEY: key, PUSHER_APP_SECRET: secret };
  const missing = Object.entries(given).filter(([, each]) => each === undefined);
  const names = missing.map(([name]) => name).join(' and ');
  if (missing.length < 3) throw bad(`${names} not set: the app's id, key and secret go together`);
  if (host === undefined || !isLoopback(host)) {
    throw bad(`${names} not set: the development credentials are for a broker on loopback only`);
  }
  return DEVELOPMENT_APP;
}

function secure(env: Environment): boolean | undefined {
  const text = value(env, 'PUSHER_APP_SECURE');
  if (text === undefined) return undefined;
  if (text !== '0' && text !== '1') {
    throw bad(`PUSHER_APP_SECURE is ${quote(text)}; set it to 1 for TLS or 0 for none`);
  }
  return text === '1';
}

function serverPort(env: Environment): number {
  const text = value(env, 'PUSHER_PORT');
  if (text === undefined) return EMBEDDED_PORT;
  const port = parsePort(text);
  if (!port.ok) throw bad(`PUSHER_PORT: ${port.refusal.reason}`);
  return port.value;
}

function serverHost(text: string): string {
  const host = text.replace(/^\[(.*)\]$/, '$1');
  if (!/^[A-Za-z0-9._:-]+$/.test(host)) {
    throw bad(
      `PUSHER_HOST is ${quote(text)}; it must be a host name or an IP address, without scheme or port`,
    );
  }
  return host;
}

function clusterName(text: string): string {
  if (!/^[A-Za-z0-9-]+$/.test(text)) {
    throw bad(`PUSHER_APP_CLUSTER is ${quote(text)}; it must be the name of a cluster, such as eu`);
  }
  return text;
}

function value(env: Environment, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}

function bad(message: string): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', message);
}
