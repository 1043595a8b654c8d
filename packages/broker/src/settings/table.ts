import { EMBEDDED_HOST, EMBEDDED_PORT } from '@rollcall/protocol';
import { LISTEN_ADDRESS } from '@rollcall/runtime/settings';
import { APP_SETTINGS } from './apps.ts';

/** The longest time that a Node timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

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

/** Every setting of a broker, in the order in which people read of them. */
export const BROKER_SETTINGS = {
  apps: {
    type: 'groups',
    settings: APP_SETTINGS as typeof APP_SETTINGS,
    minItems: 1,
    required: true,
    doc: 'The apps that the broker serves.',
  },
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
  tls: {
    type: 'group',
    settings: TLS_SETTINGS as typeof TLS_SETTINGS,
    doc: 'The certificate of the broker.',
  },
  metrics: {
    type: 'group',
    settings: METRICS_SETTINGS as typeof METRICS_SETTINGS,
    doc: 'Where Prometheus finds the metrics.',
  },
  activityTimeoutMs: {
    type: 'milliseconds',
    max: MAX_TIMER_MS as 2_147_483_647,
    default: 120_000,
    flag: '--activity-timeout <seconds>',
    flagUnit: 'seconds',
    doc: 'Silence after which a client is pinged.',
  },
  pongTimeoutMs: {
    type: 'milliseconds',
    max: MAX_TIMER_MS as 2_147_483_647,
    default: 30_000,
    flag: '--pong-timeout <seconds>',
    flagUnit: 'seconds',
    doc: 'Further silence after which its connection is closed.',
  },
  maxSubscriptions: {
    type: 'integer',
    min: 1,
    max: Number.MAX_SAFE_INTEGER as number,
    default: 20_000,
    flag: '--max-subscriptions <count>',
    doc: 'Maximum channels that one connection is subscribed to.',
  },
  maxPublicSubscriptions: {
    type: 'integer',
    min: 1,
    max: Number.MAX_SAFE_INTEGER as number,
    default: 1000,
    doc: 'Maximum public channels among them, which need no signature. 1000 take about 2 MB of memory.',
  },
  maxUnreadBytes: {
    type: 'integer',
    min: 1,
    max: Number.MAX_SAFE_INTEGER as number,
    unit: 'bytes',
    default: 1_048_576,
    doc: 'Maximum data that one connection leaves unread before it is closed.',
  },
} as const;
