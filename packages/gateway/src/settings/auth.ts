import { LISTEN_ADDRESS } from '@rollcall/runtime/settings';
import { RATE_FORMAT } from '../filters/limits/rate.ts';

/** How services without the app's secret announce themselves. */
export const AUTH_SETTINGS = {
  auth: {
    type: 'group',
    settings: {
      port: {
        type: 'port',
        required: true,
        example: 1502,
        doc: 'Port of the auth server. 0 lets the system choose.',
      },
      host: {
        type: 'text',
        format: LISTEN_ADDRESS as typeof LISTEN_ADDRESS,
        default: '127.0.0.1',
        doc: 'IP address that the auth server listens on.',
      },
      cert: {
        type: 'file',
        example: 'auth.pem',
        doc: 'Certificate chain of the auth server as PEM. It is read again when it changes. Required off loopback.',
      },
      key: {
        type: 'file',
        example: 'auth-key.pem',
        doc: 'Private key of the certificate as PEM.',
      },
      isBehindTls: {
        type: 'boolean',
        default: false,
        doc: 'Whether a proxy in front speaks TLS, so that plain HTTP is safe off loopback.',
      },
      rate: {
        type: 'text',
        format: RATE_FORMAT as typeof RATE_FORMAT,
        default: '100/s',
        reloads: true,
        doc: 'How many requests with one service key are served: `100/s`, `100/m`.',
      },
      burst: {
        type: 'integer',
        min: 1,
        max: 1_000_000,
        default: 1000,
        reloads: true,
        doc: 'Requests with one service key that may come at once, as when a broker restarts. They are given back at the rate.',
      },
    },
    doc: "Auth server for services that have a service key of `owners` and not the app's secret: [without the app's secret](../guides/auth-server.md).",
  },
} as const;
