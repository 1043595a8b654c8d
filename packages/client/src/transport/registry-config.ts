import {
  channelsOf,
  DEVELOPMENT_APP,
  EMBEDDED_HOST,
  isLoopback,
  RollcallError,
} from '@rollcall/protocol';
import type { Channels } from '@rollcall/protocol';
import type { AuthServer } from './auth-server.ts';
import type { OwnerAccess } from './owner-access.ts';
import { fromEnvironment, layered, resolveSettings } from '@rollcall/runtime/settings';
import type { Resolved, Settings } from '@rollcall/runtime/settings';
import { describeBroker } from './broker-config.ts';
import type { BrokerAddress, BrokerConfig } from './broker-config.ts';
import { brokersFrom } from './broker-url.ts';
import { APP_SETTINGS, BROKER_SETTINGS, REGISTRY_SETTINGS } from './registry-settings.ts';
import type { RegistryValues } from './registry-settings.ts';

/**
 * Where the registry is, and the credentials to use it. {@link registryFromEnv} reads one from the
 * environment.
 */
export interface RegistryConfig extends RegistryChannels {
  /** The brokers that carry the registry, each all of it. They need not know of each other. */
  readonly brokers: readonly [BrokerConfig, ...BrokerConfig[]];
}

/** What a registry is at every one of its brokers. */
export interface RegistryChannels {
  /** The channel on which instances are announced, and the channels that are derived from its name. */
  readonly channels: Channels;
  /** The key of an encrypted registry: 32 bytes in base64. */
  readonly masterKey?: string;
  /** The keys of single channels of an encrypted registry, which an auth server has given in place of its key. */
  readonly channelKeys?: ReadonlyMap<string, Uint8Array>;
  /** The service key, `rsk_…`, by which announcements are signed. Default: they are not. */
  readonly serviceKey?: string;
}

/** How to use a registry at one of its brokers. */
export interface ConnectionConfig extends BrokerConfig, RegistryChannels {}

/** How an owner uses a registry at a broker of which it does not have the app's secret. */
export interface AuthorizedConnection extends BrokerAddress, RegistryChannels {
  /** What the auth server does there. */
  readonly access: OwnerAccess;
}

/** How an owner uses a registry at one of its brokers. */
export type OwnerConnection = ConnectionConfig | AuthorizedConnection;

/** A connection for each broker of a registry. */
export function connectionsOf({
  brokers,
  ...registry
}: RegistryConfig): readonly [ConnectionConfig, ...ConnectionConfig[]] {
  const [first, ...others] = brokers;
  return [{ ...registry, ...first }, ...others.map((each) => ({ ...registry, ...each }))];
}

/** Variables of an environment, such as `process.env`. An empty value counts as unset. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration of a registry from variables of the environment: `ROLLCALL_BROKERS` for several brokers, or
 * `PUSHER_APP_ID`, `PUSHER_APP_KEY`, `PUSHER_APP_SECRET`, `PUSHER_HOST`, `PUSHER_PORT`, `PUSHER_APP_CLUSTER` and
 * `PUSHER_APP_SECURE` for one, `ROLLCALL_CHANNEL`, `ROLLCALL_MASTER_KEY` and `ROLLCALL_SERVICE_KEY`. docs/reference/config.md describes each.
 *
 * Without any, it is the embedded broker on this machine and the development app. That is public knowledge, so it is for
 * brokers on loopback only.
 *
 * @param env the variables, such as `process.env`
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function registryFromEnv(env: Environment): RegistryConfig {
  const values = valuesFrom(REGISTRY_SETTINGS, env);
  if (values.authUrl === undefined) return registryFrom(values, env);
  throw bad(
    "ROLLCALL_AUTH_URL is set, which is for programs that only announce: this one needs the app's secret, so unset it and set PUSHER_APP_ID, PUSHER_APP_KEY and PUSHER_APP_SECRET",
  );
}

/**
 * Reads from variables of the environment where an owner announces: through the auth server that `ROLLCALL_AUTH_URL` names, or
 * as {@link registryFromEnv} does.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function ownerRegistryFromEnv(env: Environment): RegistryConfig | AuthServer {
  const values = valuesFrom(REGISTRY_SETTINGS, env);
  const { authUrl, serviceKey } = values;
  if (authUrl === undefined) return registryFrom(values, env);
  const given = Object.values(NOT_WITH_AUTH).find((each) => (env[each.env] ?? '') !== '');
  if (given !== undefined)
    throw bad(
      `ROLLCALL_AUTH_URL and ${given.env} are both set: the auth server names the registry, so unset ${given.env}`,
    );
  if (serviceKey === undefined)
    throw bad(
      'ROLLCALL_SERVICE_KEY is not set: an auth server knows a service by its key, which "rollcall keys create" makes',
    );
  return { authUrl, serviceKey };
}

function registryFrom(values: RegistryValues, env: Environment): RegistryConfig {
  const brokers = brokersFrom(values.brokers ?? []);
  if (brokers !== undefined) refuseFurther(env);
  else if (values.brokers !== undefined)
    throw bad('ROLLCALL_BROKERS names no broker: unset it, or name one');
  return { brokers: brokers ?? [brokerFrom(values)], ...channelsFrom(values) };
}

const { authUrl: _url, serviceKey: _key, ...NOT_WITH_AUTH } = REGISTRY_SETTINGS;

/** The broker that variables of its own name. */
function brokerFrom(values: RegistryValues): BrokerConfig {
  const { host, cluster, port } = values;
  const server =
    host === undefined && cluster !== undefined
      ? { cluster }
      : { host: host ?? EMBEDDED_HOST, port };
  return {
    ...credentials(values, 'host' in server ? server.host : undefined),
    tls: values.tls ?? 'cluster' in server,
    server,
    source: host === undefined && cluster === undefined ? 'nothing' : 'variables',
  };
}

/** Two ways of naming the broker could contradict each other, and which one counts would be a guess. */
function refuseFurther(env: Environment): void {
  const other = Object.values(BROKER_SETTINGS).find((each) => (env[each.env] ?? '') !== '');
  if (other === undefined) return;
  throw bad(
    `ROLLCALL_BROKERS and ${other.env} are both set: ROLLCALL_BROKERS names every broker with its app, so unset ${other.env}`,
  );
}

function valuesFrom<G extends Settings>(settings: G, env: Environment): Resolved<G> {
  return resolveSettings(settings, layered(settings, [fromEnvironment(settings, env)]));
}

function channelsFrom({ channel, masterKey, serviceKey }: RegistryValues): RegistryChannels {
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
  return {
    channels,
    ...(masterKey !== undefined && { masterKey }),
    ...(serviceKey !== undefined && { serviceKey }),
  };
}

/** The brokers of a registry in words. */
export function describeBrokers({ brokers }: Pick<RegistryConfig, 'brokers'>): string {
  return brokers.map(describeBroker).join(', ');
}

/** Whether only programs on this machine can reach the registry. */
export function isLocal({ brokers }: Pick<RegistryConfig, 'brokers'>): boolean {
  return brokers.every(({ server }) => 'host' in server && isLoopback(server.host));
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
): Pick<BrokerConfig, 'appId' | 'key' | 'secret'> {
  return credentials(valuesFrom(APP_SETTINGS, env), host);
}

function credentials(
  { appId, key, secret }: Resolved<typeof APP_SETTINGS>,
  host: string | undefined,
): Pick<BrokerConfig, 'appId' | 'key' | 'secret'> {
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
