import { LISTEN_ADDRESS } from '@rollcall/runtime/settings';
import { ADDRESS_RANGE, DOMAIN } from './formats.ts';
import { TLS_SETTINGS } from './tls.ts';

/** Where the gateway listens, and for whom. */
export const LISTENING_SETTINGS = {
  host: {
    type: 'text',
    format: LISTEN_ADDRESS as typeof LISTEN_ADDRESS,
    default: '127.0.0.1',
    flag: '--host <address>',
    env: 'HOST',
    doc: 'IP address to listen on.',
  },
  port: {
    type: 'port',
    default: 1500,
    flag: '--port <port>',
    env: 'PORT',
    doc: 'Port to listen on. 0 lets the system choose.',
  },
  domain: {
    type: 'text',
    format: DOMAIN as typeof DOMAIN,
    defaultIs: 'localhost:PORT',
    example: 'localhost:1500',
    flag: '--domain <hosts>',
    env: 'DOMAIN',
    reloads: true,
    doc: 'Hosts, separated by commas, of which requests must name one, compared without port and case. Every name of loopback is the same; `*` accepts every host.',
  },
  tls: {
    type: 'group',
    settings: TLS_SETTINGS as typeof TLS_SETTINGS,
    doc: 'TLS towards clients, from version 1.2. The files are read again every 2 s, so that a renewed certificate needs no restart.',
  },
  trustedProxies: {
    type: 'list',
    format: ADDRESS_RANGE as typeof ADDRESS_RANGE,
    default: [],
    flag: '--trusted-proxies <cidrs>',
    env: 'ROLLCALL_TRUSTED_PROXIES',
    reloads: true,
    doc: 'Addresses or CIDRs of proxies in front of the gateway, whose `Forwarded` and `X-Forwarded-*` fields are believed.',
  },
  underscoresInHeaders: {
    type: 'boolean',
    default: false,
    reloads: true,
    doc: 'Whether requests keep header fields whose name has a `_`. Programs made for CGI, such as PHP and WSGI servers, read it as `-`, so that a client could set any field, such as `X_Forwarded_For`. `X.Forwarded.For`, which PHP reads alike, goes with them.',
  },
  via: {
    type: 'boolean',
    default: true,
    reloads: true,
    doc: 'Whether instances receive a `Via` field. nginx as an instance compresses no response to a request with one, unless it has `gzip_proxied any`. Without it, a loop of gateways is not recognized.',
  },
  workers: {
    type: 'integer',
    min: 1,
    max: 256,
    words: ['auto'],
    default: 1,
    flag: '--workers <count>',
    env: 'ROLLCALL_WORKERS',
    doc: 'Processes that serve requests; `auto` is one for each core.',
  },
  requireBroker: {
    type: 'boolean',
    default: false,
    flag: '--require-broker',
    env: 'ROLLCALL_REQUIRE_BROKER',
    doc: 'Ends the gateway if it cannot reach the broker when it starts, or is refused. By default it listens, routes by its snapshot, and goes on trying.',
  },
} as const;
