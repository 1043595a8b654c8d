import { TOKEN_EXPIRY, TOKEN_FILE, TOKEN_HASH } from '@rollcall/runtime/admin';
import { LISTEN_ADDRESS, TOKEN, TOKEN_NAME } from '@rollcall/runtime/settings';

/** What an admin token may allow. */
export const SCOPES = ['read', 'drain', 'versions'] as const;

/** What an admin token allows: to read, to drain and forget instances and services, to decide about versions. */
export type Scope = (typeof SCOPES)[number];

const ADMIN_TOKEN = {
  hash: TOKEN_HASH as typeof TOKEN_HASH,
  scopes: {
    type: 'list',
    words: SCOPES as typeof SCOPES,
    required: true,
    example: ['read', 'drain'],
    doc: 'What the token allows: `read` everything, `drain` and forget instances and services, decide about `versions`.',
  },
  expiresAt: TOKEN_EXPIRY as typeof TOKEN_EXPIRY,
} as const;

/** Who reaches the admin API. */
export const ADMIN_SETTINGS = {
  adminHost: {
    type: 'text',
    format: LISTEN_ADDRESS as typeof LISTEN_ADDRESS,
    default: '127.0.0.1',
    flag: '--admin-host <address>',
    env: 'ROLLCALL_ADMIN_HOST',
    doc: 'IP address of the admin API and the dashboard. Other addresses than loopback need a token.',
  },
  adminPort: {
    type: 'port',
    defaultIs: 'one above the port',
    example: 1501,
    flag: '--admin-port <port>',
    env: 'ROLLCALL_ADMIN_PORT',
    doc: 'Port of the admin API and the dashboard. 0 lets the system choose.',
  },
  adminToken: {
    type: 'text',
    format: TOKEN as typeof TOKEN,
    env: 'ROLLCALL_ADMIN_TOKEN',
    isSecret: true,
    onlyByVariable: true,
    reloads: true,
    doc: 'Bearer token with every scope, named `admin` in the audit log. Clients of the admin API need a token to change something, and off loopback also to read.',
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
        scopes: ['read', 'drain'],
        expiresAt: '2027-01-31',
      },
    },
    doc: 'More admin tokens, by the name that the audit log has of them.',
  },
  auditLog: {
    type: 'file',
    words: ['none'],
    defaultIs: 'a file beside the snapshot',
    example: 'audit.jsonl',
    flag: '--audit-log <file>',
    env: 'ROLLCALL_AUDIT_LOG',
    doc: 'File that keeps who changed what through the admin API, and each reload of the configuration. Each gateway needs its own.',
  },
} as const;
