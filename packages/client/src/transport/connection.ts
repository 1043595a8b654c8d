import {
  channelsOf,
  DEFAULT_CHANNEL,
  DEVELOPMENT_APP,
  EMBEDDED_HOST,
  EMBEDDED_PORT,
  isLoopback,
  parsePort,
  quote,
  RollcallError,
} from '@rollcall/protocol';
import type { Channels } from '@rollcall/protocol';

/** Where the channel is and what proves that we may use it. */
export interface RegistryConfig {
  /** The id of the app. */
  readonly appId: string;
  /** The app's key, which is public. */
  readonly key: string;
  /** The app's secret, which signs requests. Keep it private. */
  readonly secret: string;
  /** Whether to connect by TLS. */
  readonly tls: boolean;
  /** A self-hosted or embedded server with one port for HTTP and WebSocket, or hosted Pusher. */
  readonly server: { readonly host: string; readonly port: number } | { readonly cluster: string };
  /** Nothing names a server: it is the embedded broker on this machine. */
  readonly embedded: boolean;
  /** The channel that is the registry, and those that follow from its name. */
  readonly channels: Channels;
  /** What an encrypted registry is read and written with: 32 bytes in base64. */
  readonly masterKey?: string;
}

/** Variables by name, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const MASTER_KEY_BYTES = 32;

/**
 * Reads `PUSHER_APP_ID`, `PUSHER_APP_KEY`, `PUSHER_APP_SECRET`, `PUSHER_APP_CLUSTER`,
 * `PUSHER_APP_SECURE`, `PUSHER_HOST`, `PUSHER_PORT`, `ROLLCALL_CHANNEL` and `ROLLCALL_MASTER_KEY`. An
 * empty value counts as unset.
 *
 * With no credentials it is the development app, which is public knowledge and so good for a
 * loopback server only. `PUSHER_HOST` goes before `PUSHER_APP_CLUSTER`; with neither, the server is
 * the embedded broker at 127.0.0.1:6001. TLS is on for hosted Pusher and off elsewhere unless
 * `PUSHER_APP_SECURE` says otherwise.
 *
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
    ...registry(env),
  };
}

function registry(env: Environment): Pick<RegistryConfig, 'channels' | 'masterKey'> {
  const channels = channelsOf(value(env, 'ROLLCALL_CHANNEL') ?? DEFAULT_CHANNEL);
  if (typeof channels === 'string') throw bad(`ROLLCALL_CHANNEL: ${channels}`);
  const masterKey = value(env, 'ROLLCALL_MASTER_KEY');
  if (!channels.isEncrypted && masterKey === undefined) return { channels };
  if (!channels.isEncrypted) {
    throw bad(
      'ROLLCALL_MASTER_KEY is set and the channel is not encrypted: set ROLLCALL_CHANNEL to private-encrypted-mapped-discovery, or unset the key',
    );
  }
  // Never quoted: it is a secret.
  if (masterKey === undefined || !isMasterKey(masterKey)) {
    throw bad(
      'ROLLCALL_MASTER_KEY must be 32 bytes in base64 for an encrypted channel: make one with "openssl rand -base64 32"',
    );
  }
  return { channels, masterKey };
}

/** The SDK takes the one spelling that "openssl rand" gives; Node would also read others. */
function isMasterKey(text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === MASTER_KEY_BYTES && bytes.toString('base64') === text;
}

/** For a log or an error: says where, and nothing secret. */
export function describeServer({ server }: RegistryConfig): string {
  if ('cluster' in server) return `hosted Pusher (cluster ${server.cluster})`;
  return `${urlHost(server.host)}:${server.port}`;
}

/** A host as it stands in a URL: IPv6 in brackets. */
export function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Whether every program that can reach this server is on this machine. */
export function isLocal({ server }: RegistryConfig): boolean {
  return 'host' in server && isLoopback(server.host);
}

let hasWarned = false;

/** Warns, once in a process, of a registry that more can read than should. */
export function warnIfReadable(connection: RegistryConfig): void {
  if (hasWarned || !connection.channels.isPublic || isLocal(connection)) return;
  hasWarned = true;
  process.emitWarning(
    `the channel ${connection.channels.registry} is public: whoever has the app key, which web pages contain, reads the addresses of your instances. Set ROLLCALL_CHANNEL to private-mapped-discovery for every part`,
    { type: 'RollcallWarning', code: 'ROLLCALL_PUBLIC_CHANNEL' },
  );
}

/**
 * The app's id, key and secret: all three from the environment, or the development app if none is
 * set and the broker's host is on loopback.
 *
 * @param host where the broker is, or listens; nothing for hosted Pusher
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function credentialsFromEnv(
  env: Environment,
  host: string | undefined,
): Pick<RegistryConfig, 'appId' | 'key' | 'secret'> {
  const appId = value(env, 'PUSHER_APP_ID');
  const key = value(env, 'PUSHER_APP_KEY');
  const secret = value(env, 'PUSHER_APP_SECRET');
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
    throw bad(`PUSHER_APP_CLUSTER is ${quote(text)}; it must be a cluster's name such as eu`);
  }
  return text;
}

function value(env: Environment, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}

function bad(message: string): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', message);
}
