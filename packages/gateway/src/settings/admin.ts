import { LISTEN_ADDRESS, TOKEN } from '@rollcall/runtime/settings';

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
    doc: 'Bearer token that clients of the admin API need to change something, and off loopback also to read.',
  },
  adminTokenFile: {
    type: 'file',
    example: 'admin-token',
    flag: '--admin-token-file <file>',
    doc: 'File that holds the admin token. Takes precedence over `adminToken`.',
  },
} as const;
