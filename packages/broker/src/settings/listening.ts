import { EMBEDDED_HOST, EMBEDDED_PORT } from '@rollcall/protocol';
import { LISTEN_ADDRESS } from '@rollcall/runtime/settings';
import type { Format } from '@rollcall/runtime/settings';

const BASE_PATH: Format = {
  expected: 'a path such as /ws',
  parse: (text) => (/^(?:\/[\w.~-]+)*\/?$/.test(text) ? text.replace(/\/$/, '') || '/' : undefined),
};

const TLS_SETTINGS = {
  cert: {
    type: 'file',
    required: true,
    flag: '--tls-cert <file>',
    example: 'cert.pem',
    doc: 'Certificate chain as PEM. With it, the port speaks TLS only.',
  },
  key: {
    type: 'file',
    required: true,
    flag: '--tls-key <file>',
    example: 'key.pem',
    doc: 'Private key of the certificate as PEM.',
  },
} as const;

const METRICS_SETTINGS = {
  host: {
    type: 'text',
    format: LISTEN_ADDRESS as typeof LISTEN_ADDRESS,
    default: EMBEDDED_HOST as string,
    flag: '--metrics-host <address>',
    doc: 'IP address to serve metrics on. Metrics are readable by every client that reaches it.',
  },
  port: {
    type: 'port',
    required: true,
    flag: '--metrics-port <port>',
    example: 9601,
    doc: 'Port of `/metrics`. 0 lets the system choose.',
  },
} as const;

/** Where the broker listens. */
export const LISTENING_SETTINGS = {
  host: {
    type: 'text',
    format: LISTEN_ADDRESS as typeof LISTEN_ADDRESS,
    default: EMBEDDED_HOST as string,
    flag: '--host <address>',
    doc: 'IP address to listen on.',
  },
  port: {
    type: 'port',
    default: EMBEDDED_PORT as number,
    flag: '--port <port>',
    env: 'PUSHER_PORT',
    doc: 'Port to listen on, for the HTTP API and WebSockets. 0 lets the system choose.',
  },
  path: {
    type: 'text',
    format: BASE_PATH as typeof BASE_PATH,
    default: '/',
    flag: '--path <path>',
    example: '/ws',
    doc: 'Path that the broker is below. Its own paths, such as `/app/KEY`, are served with it and without it, in case a proxy in front removes it. Requests may be signed with it or without it.',
  },
  tls: {
    type: 'group',
    settings: TLS_SETTINGS as typeof TLS_SETTINGS,
    reloads: true,
    doc: 'The certificate of the broker.',
  },
  metrics: {
    type: 'group',
    settings: METRICS_SETTINGS as typeof METRICS_SETTINGS,
    doc: 'Where Prometheus finds the metrics.',
  },
} as const;
