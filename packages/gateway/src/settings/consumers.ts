import type { Values } from '@rollcall/runtime/settings';
import {
  API_KEY_HASH,
  CERTIFICATE,
  CONSUMER_NAME,
} from '../filters/authentication/consumer-formats.ts';
import { PASSWORD_HASH } from '../filters/authentication/password.ts';

const CONSUMER = {
  apiKeys: {
    type: 'list',
    format: API_KEY_HASH as typeof API_KEY_HASH,
    isSecret: true,
    defaultIs: 'none',
    example: ['sha256:6ca13d52ca70c883e0f0bb101e425a89e8624de51db2d2392593af6a84118090'],
    doc: 'API keys, hashed by `rollcall hash`. Several, so that a key can be replaced without a gap.',
  },
  passwords: {
    type: 'list',
    format: PASSWORD_HASH as typeof PASSWORD_HASH,
    isSecret: true,
    defaultIs: 'none',
    doc: 'Passwords for basic authentication, hashed by `rollcall hash --password`. The user name is that of the consumer.',
  },
  certificates: {
    type: 'list',
    format: CERTIFICATE as typeof CERTIFICATE,
    defaultIs: 'none',
    example: ['CN=acme,O=Example', 'DNS:acme.example', 'sha256:…'],
    doc: 'Client certificates: the subject, one of the other names with its kind, or the SHA-256 fingerprint.',
  },
} as const;

/** Who may call. */
export const CONSUMERS_SETTINGS = {
  consumers: {
    type: 'map',
    keys: CONSUMER_NAME as typeof CONSUMER_NAME,
    settings: CONSUMER as typeof CONSUMER,
    reloads: true,
    defaultIs: 'none',
    example: {
      acme: {
        apiKeys: ['sha256:6ca13d52ca70c883e0f0bb101e425a89e8624de51db2d2392593af6a84118090'],
      },
    },
    doc: 'Consumers by name: who may call, and what proves it. Instances receive the name in `X-Consumer`.',
  },
} as const;

/** The consumers of a configuration, by name. */
export type ConsumersConfig = Readonly<Record<string, Values<typeof CONSUMER>>>;
