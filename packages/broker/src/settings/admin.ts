import { EMBEDDED_HOST } from '@rollcall/protocol';
import { TOKEN_EXPIRY, TOKEN_FILE, TOKEN_HASH } from '@rollcall/runtime/admin';
import { LISTEN_ADDRESS, TOKEN, TOKEN_NAME } from '@rollcall/runtime/settings';

/** What an admin token may allow. */
export const BROKER_SCOPES = ['read', 'publish'] as const;

/** What an admin token allows: to read, or to publish events. */
export type BrokerScope = (typeof BROKER_SCOPES)[number];

const ADMIN_TOKEN = {
  hash: TOKEN_HASH as typeof TOKEN_HASH,
  scopes: {
    type: 'list',
    words: BROKER_SCOPES as typeof BROKER_SCOPES,
    required: true,
    example: ['read'],
    doc: 'What the token allows: `read` everything, `publish` events.',
  },
  expiresAt: TOKEN_EXPIRY as typeof TOKEN_EXPIRY,
} as const;

/** Who reaches the admin API. */
export const ADMIN_SETTINGS = {
  adminHost: {
    type: 'text',
    format: LISTEN_ADDRESS as typeof LISTEN_ADDRESS,
    default: EMBEDDED_HOST as string,
    flag: '--admin-host <address>',
    env: 'ROLLCALL_BROKER_ADMIN_HOST',
    doc: 'IP address of the admin API and the dashboard. Other addresses than loopback need a token.',
  },
  adminPort: {
    type: 'port',
    defaultIs: 'no admin API',
    example: 6002,
    flag: '--admin-port <port>',
    env: 'ROLLCALL_BROKER_ADMIN_PORT',
    doc: 'Port of the admin API and the dashboard. 0 lets the system choose.',
  },
  adminToken: {
    type: 'text',
    format: TOKEN as typeof TOKEN,
    env: 'ROLLCALL_BROKER_ADMIN_TOKEN',
    isSecret: true,
    onlyByVariable: true,
    reloads: true,
    doc: 'Bearer token with every scope, named `admin`. Clients of the admin API need a token. Without one, the admin API can only be read, and only on loopback.',
  },
  adminTokenFile: TOKEN_FILE as typeof TOKEN_FILE,
  adminTokens: {
    type: 'map',
    keys: TOKEN_NAME as typeof TOKEN_NAME,
    settings: ADMIN_TOKEN as typeof ADMIN_TOKEN,
    reloads: true,
    defaultIs: 'none',
    example: {
      alice: {
        hash: 'sha256:6ca13d52ca70c883e0f0bb101e425a89e8624de51db2d2392593af6a84118090',
        scopes: ['read'],
        expiresAt: '2027-01-31',
      },
    },
    doc: 'More admin tokens, by name.',
  },
} as const;
