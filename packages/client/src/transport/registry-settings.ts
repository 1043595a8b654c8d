import {
  channelsOf,
  DEFAULT_CHANNEL,
  EMBEDDED_HOST,
  EMBEDDED_PORT,
  isPlaceholder,
  REGISTRY_NAME_RULE,
} from '@rollcall/protocol';
import type { Format, Resolved } from '@rollcall/runtime/settings';
import { AUTH_URL } from './auth-server.ts';
import { isServiceKey } from '../trust/ed25519.ts';

const HOST: Format = {
  expected: 'a host name or an IP address, without scheme or port',
  parse(text) {
    const host = text.replace(/^\[(.*)\]$/, '$1');
    return /^[A-Za-z0-9._:-]+$/.test(host) ? host : undefined;
  },
};

const CLUSTER: Format = {
  expected: 'the name of a cluster, such as eu',
  parse: (text) => (/^[A-Za-z0-9-]+$/.test(text) ? text : undefined),
};

const APP_SECRET: Format = {
  expected: 'the secret of your app, and no placeholder',
  parse: (text) => (isPlaceholder(text) ? undefined : text),
};

const CHANNEL: Format = {
  expected: REGISTRY_NAME_RULE,
  parse: (text) => (typeof channelsOf(text) === 'string' ? undefined : text),
};

const MASTER_KEY_BYTES = 32;

const MASTER_KEY: Format = {
  expected: '32 bytes in base64: create one with "openssl rand -base64 32"',
  // Pusher's SDK accepts no other spelling of base64 than the canonical one; Node would.
  parse(text) {
    const bytes = Buffer.from(text, 'base64');
    return bytes.length === MASTER_KEY_BYTES && bytes.toString('base64') === text
      ? text
      : undefined;
  },
};

const SERVICE_KEY: Format = {
  expected: 'a service key, rsk_ and 43 characters: create one with "rollcall keys create"',
  parse: (text) => (isServiceKey(text) ? text : undefined),
};

/** The app of a registry. */
export const APP_SETTINGS = {
  appId: {
    type: 'text',
    env: 'PUSHER_APP_ID',
    defaultIs: 'the development app',
    doc: 'Id of the app. Set all three of id, key and secret, or none.',
  },
  key: {
    type: 'text',
    env: 'PUSHER_APP_KEY',
    defaultIs: 'the development app',
    doc: 'Key of the app.',
  },
  secret: {
    type: 'text',
    env: 'PUSHER_APP_SECRET',
    format: APP_SECRET as typeof APP_SECRET,
    isSecret: true,
    defaultIs: 'the development app',
    doc: 'Secret of the app.',
  },
} as const;

/** The settings of the broker of a registry that has one. */
export const BROKER_SETTINGS = {
  appId: APP_SETTINGS.appId as typeof APP_SETTINGS.appId,
  key: APP_SETTINGS.key as typeof APP_SETTINGS.key,
  secret: APP_SETTINGS.secret as typeof APP_SETTINGS.secret,
  cluster: {
    type: 'text',
    env: 'PUSHER_APP_CLUSTER',
    format: CLUSTER as typeof CLUSTER,
    doc: 'Cluster of hosted Pusher, such as `eu`.',
  },
  host: {
    type: 'text',
    env: 'PUSHER_HOST',
    format: HOST as typeof HOST,
    defaultIs: `${EMBEDDED_HOST} unless a cluster is set` as string,
    doc: 'Host of a self-hosted broker. Takes precedence over the cluster.',
  },
  port: {
    type: 'integer',
    env: 'PUSHER_PORT',
    min: 1,
    max: 65535,
    default: EMBEDDED_PORT as number,
    doc: 'Port of a self-hosted broker, for HTTP and WebSockets. `rollcall broker` listens there.',
  },
  tls: {
    type: 'boolean',
    env: 'PUSHER_APP_SECURE',
    defaultIs: '`1` on hosted Pusher, otherwise `0`',
    doc: 'Whether connections to the server use TLS: `1` or `0`.',
  },
} as const;

/** The settings of a registry, by which every program finds it: variables of the environment, and no flags. */
export const REGISTRY_SETTINGS = {
  appId: BROKER_SETTINGS.appId as typeof BROKER_SETTINGS.appId,
  key: BROKER_SETTINGS.key as typeof BROKER_SETTINGS.key,
  secret: BROKER_SETTINGS.secret as typeof BROKER_SETTINGS.secret,
  cluster: BROKER_SETTINGS.cluster as typeof BROKER_SETTINGS.cluster,
  host: BROKER_SETTINGS.host as typeof BROKER_SETTINGS.host,
  port: BROKER_SETTINGS.port as typeof BROKER_SETTINGS.port,
  tls: BROKER_SETTINGS.tls as typeof BROKER_SETTINGS.tls,
  brokers: {
    type: 'list',
    env: 'ROLLCALL_BROKERS',
    isSecret: true,
    doc: 'All brokers of a registry with several, each as `https://KEY:SECRET@HOST:PORT/apps/ID`, instead of the variables above. The host of hosted Pusher is that of its HTTP API, such as `api-eu.pusher.com`.',
  },
  channel: {
    type: 'text',
    env: 'ROLLCALL_CHANNEL',
    format: CHANNEL as typeof CHANNEL,
    default: DEFAULT_CHANNEL as string,
    doc: 'The registry, the same for every program: at most 90 of `A-Z a-z 0-9 _ - = @ , . ;`, not beginning with `presence-` or `cache-`. With `private-` or `private-encrypted-` in front, only programs with the secret can listen.',
  },
  masterKey: {
    type: 'text',
    env: 'ROLLCALL_MASTER_KEY',
    format: MASTER_KEY as typeof MASTER_KEY,
    isSecret: true,
    doc: 'Required by a `private-encrypted-` channel, and only by that: 32 bytes in base64, such as the output of `openssl rand -base64 32`. The broker cannot read what is announced.',
  },
  serviceKey: {
    type: 'text',
    env: 'ROLLCALL_SERVICE_KEY',
    format: SERVICE_KEY as typeof SERVICE_KEY,
    isSecret: true,
    doc: 'Service key by which a service signs its announcements: [who may say what](../trust.md). `rollcall keys create` makes one.',
  },
  authUrl: {
    type: 'text',
    env: 'ROLLCALL_AUTH_URL',
    format: AUTH_URL as typeof AUTH_URL,
    doc: "Auth server through which a service with a service key announces, in place of all other variables of the registry: [without the app's secret](../guides/auth-server.md).",
  },
} as const;

/** The values of {@link REGISTRY_SETTINGS}. */
export type RegistryValues = Resolved<typeof REGISTRY_SETTINGS>;
