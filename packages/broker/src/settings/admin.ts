import { EMBEDDED_HOST } from '@rollcall/protocol';
import { LISTEN_ADDRESS, TOKEN } from '@rollcall/runtime/settings';

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
    doc: 'Bearer token that clients of the admin API need. Without one, the admin API can only be read, and only on loopback.',
  },
  adminTokenFile: {
    type: 'file',
    example: 'admin-token',
    flag: '--admin-token-file <file>',
    doc: 'File that holds the admin token. Takes precedence over `adminToken`.',
  },
} as const;
