import { HEALTH_HOST, PREFIX, PRINTABLE, UPSTREAM_URL, URL_PATH } from './formats.ts';
import { UPSTREAM_TLS_SETTINGS } from './routing.ts';

const HEALTH = {
  path: {
    type: 'text',
    format: URL_PATH as typeof URL_PATH,
    required: true,
    example: '/health',
    doc: 'Path and query to request. They must be answered with a 2xx or 3xx status.',
  },
  method: {
    type: 'choice',
    words: ['GET', 'HEAD', 'GRPC'],
    defaultIs: 'GET',
    doc: 'Method of the request. GRPC asks `grpc.health.v1` instead, with the path as the name of the service.',
  },
  host: {
    type: 'text',
    format: HEALTH_HOST as typeof HEALTH_HOST,
    defaultIs: 'the address and port',
    example: 'upstream',
    doc: '`Host` of the request; `upstream` is the host of the URL.',
  },
} as const;

/** One server, or what a DNS name leads to, in the fields of an announcement. */
const INSTANCE = {
  url: {
    type: 'text',
    format: UPSTREAM_URL as typeof UPSTREAM_URL,
    required: true,
    example: 'http://db.internal:8080',
    doc: 'Scheme, host and port. Every address of a DNS name is an instance, and the name is resolved again when its TTL ends. `http+srv://_api._tcp.example.com` leads to the servers of SRV records.',
  },
  name: {
    type: 'text',
    format: PRINTABLE as typeof PRINTABLE,
    example: 'orders',
    doc: 'Name of the service, for people.',
  },
  version: {
    type: 'text',
    format: PRINTABLE as typeof PRINTABLE,
    example: '1.4.2',
    doc: "Version of the service's software.",
  },
  zone: {
    type: 'text',
    format: PRINTABLE as typeof PRINTABLE,
    example: 'eu-1a',
    doc: 'Zone in which it runs.',
  },
  weight: {
    type: 'integer',
    min: 1,
    max: 100,
    defaultIs: 'that of the SRV record, or 1',
    doc: 'Share of requests, in proportion to the weights of the other instances of the prefix.',
  },
  health: {
    type: 'group',
    settings: HEALTH as typeof HEALTH,
    doc: 'The request with which it is probed. If unset, `GET /health` is probed, and any answer is healthy except a 5xx other than 501.',
  },
  tls: {
    type: 'group',
    settings: UPSTREAM_TLS_SETTINGS as typeof UPSTREAM_TLS_SETTINGS,
    doc: 'What its certificate must be for, by https or h2.',
  },
} as const;

const SERVICE = {
  instances: {
    type: 'groups',
    settings: INSTANCE as typeof INSTANCE,
    minItems: 1,
    required: true,
    doc: 'Servers that count as instances of the prefix, together with the announced ones.',
  },
} as const;

/** Instances that cannot announce themselves. */
export const SERVICES_SETTINGS = {
  services: {
    type: 'map',
    keys: PREFIX as typeof PREFIX,
    settings: SERVICE as typeof SERVICE,
    reloads: true,
    defaultIs: 'none',
    example: {
      '/db': { instances: [{ url: 'http://10.0.0.7:8080', health: { path: '/ping' } }] },
    },
    doc: 'Instances that cannot announce themselves, by the prefix that they serve: [what cannot announce itself](../guides/static-services.md).',
  },
} as const;
