import { perRoute } from '@rollcall/runtime/settings';
import type { PerRoute } from '@rollcall/runtime/settings';
import { FILTER_SETTINGS } from '../filters/filters.ts';
import { PATH_RULE_SETTINGS } from '../filters/rewriting/path-rule.ts';
import { BALANCING_SETTINGS, EJECTION_SETTINGS, RETRY_SETTINGS } from './balancing.ts';
import { WHEN_SETTINGS } from './cases.ts';
import {
  HOST_HEADER,
  PREFIX,
  ROUTE_KEY,
  SPIFFE_URI,
  TLS_SERVER_NAME,
  UPSTREAM_URL,
  URL_PATH,
} from './formats.ts';
import { LIMIT_SETTINGS } from './limits.ts';
import { VERSION_SETTINGS } from './versions.ts';

const OWN_SETTINGS = {
  strip: {
    type: 'boolean',
    default: true,
    reloads: true,
    perRoute: true,
    doc: 'Whether the prefix is removed from the path before the request is sent to an instance.',
  },
  rewrite: {
    type: 'group',
    settings: PATH_RULE_SETTINGS as typeof PATH_RULE_SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'Replaces the path that instances receive, after the prefix is removed. The query stays.',
  },
  restorePrefix: {
    type: 'boolean',
    default: true,
    reloads: true,
    perRoute: true,
    doc: 'Whether a stripped prefix is put back in `Location`, `Content-Location`, `Refresh` and the `Path` of cookies of responses, and HTML at the bare prefix is redirected to the prefix with a slash.',
  },
  hostHeader: {
    type: 'text',
    format: HOST_HEADER as typeof HOST_HEADER,
    default: 'client',
    example: 'upstream',
    reloads: true,
    perRoute: true,
    doc: 'What instances receive as `Host`: `client` is what the client sent, `upstream` is the host of the URL of an upstream, or the address of an announced instance, and any other value is sent as it is. `X-Forwarded-Host` has what the client sent.',
  },
  trailers: {
    type: 'boolean',
    default: false,
    reloads: true,
    perRoute: true,
    doc: 'Whether the trailers of requests are passed on. An instance that does not read them would take them for its next request.',
  },
  balancing: {
    type: 'group',
    settings: BALANCING_SETTINGS as typeof BALANCING_SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'How an instance is chosen among those of a prefix.',
  },
  versions: {
    type: 'group',
    settings: VERSION_SETTINGS as typeof VERSION_SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'How the versions that instances announce share the requests.',
  },
  ejection: {
    type: 'group',
    settings: EJECTION_SETTINGS as typeof EJECTION_SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'When an instance that fails requests receives no traffic for a while, though its probes succeed.',
  },
  retries: {
    type: 'group',
    settings: RETRY_SETTINGS as typeof RETRY_SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'How many of the requests that are safe to repeat may be sent again.',
  },
  limits: {
    type: 'group',
    settings: LIMIT_SETTINGS as typeof LIMIT_SETTINGS,
    reloads: true,
    doc: 'What a client or an instance may take of time and memory.',
  },
} as const;

/** How requests are served: for all routes, and what is marked so for one route too. */
export const ROUTING_SETTINGS: typeof OWN_SETTINGS & typeof FILTER_SETTINGS = {
  ...OWN_SETTINGS,
  ...FILTER_SETTINGS,
};

/** How the requests of one route are served. */
export const ROUTE_SETTINGS: PerRoute<typeof ROUTING_SETTINGS> = perRoute(ROUTING_SETTINGS);

/** What the certificates of configured servers have to be for. */
export const UPSTREAM_TLS_SETTINGS = {
  serverName: {
    type: 'text',
    format: TLS_SERVER_NAME as typeof TLS_SERVER_NAME,
    example: 'files.internal',
    defaultIs: 'the host of the URL, if it is a name',
    doc: 'The name that is sent as SNI, and that the certificate must be for unless there is a `spiffeId`.',
  },
  spiffeId: {
    type: 'text',
    format: SPIFFE_URI as typeof SPIFFE_URI,
    example: 'spiffe://example.org/files',
    doc: 'The SPIFFE ID that the certificate must have, as its only URI.',
  },
} as const;

/** Which instances serve a route, or a case of one. */
const SERVICE_SETTINGS = {
  service: {
    type: 'text',
    format: PREFIX as typeof PREFIX,
    example: '/v1',
    defaultIs: 'the prefix of the route, or what serves the longest route above it',
    doc: 'The prefix whose announced instances serve the route.',
  },
  upstreams: {
    type: 'list',
    format: UPSTREAM_URL as typeof UPSTREAM_URL,
    example: ['http://10.0.0.5:8080', 'http://files.internal:8080'],
    doc: 'Servers that serve the route in place of announced instances. Every address of a DNS name is one, and the name is resolved again when its TTL ends. `http+srv://` leads to the servers of SRV records.',
  },
  health: {
    type: 'text',
    format: URL_PATH as typeof URL_PATH,
    example: '/health',
    doc: 'The path with which `upstreams` are probed. It must answer with a 2xx or 3xx status. If unset, `GET /health` is probed, and any answer is healthy except a 5xx other than 501.',
  },
  upstreamTls: {
    type: 'group',
    settings: UPSTREAM_TLS_SETTINGS as typeof UPSTREAM_TLS_SETTINGS,
    doc: 'What the certificates of `upstreams` with TLS must be for.',
  },
} as const;

const CASE_SETTINGS: {
  readonly when: {
    readonly type: 'group';
    readonly settings: typeof WHEN_SETTINGS;
    readonly doc: string;
  };
} & typeof SERVICE_SETTINGS &
  typeof ROUTE_SETTINGS = {
  when: {
    type: 'group',
    settings: WHEN_SETTINGS,
    doc: 'The conditions of the case, of which all have to hold.',
  },
  ...SERVICE_SETTINGS,
  ...ROUTE_SETTINGS,
};

/** What one route may set: how it is served, by what, and other ways for some of its requests. */
export const ROUTES_ENTRY: typeof SERVICE_SETTINGS &
  typeof ROUTE_SETTINGS & {
    readonly cases: {
      readonly type: 'groups';
      readonly settings: typeof CASE_SETTINGS;
      readonly doc: string;
    };
  } = {
  ...SERVICE_SETTINGS,
  ...ROUTE_SETTINGS,
  cases: {
    type: 'groups',
    settings: CASE_SETTINGS,
    doc: 'Settings for some requests of the route. The first case whose conditions hold takes precedence over the route; anything that it does not set falls back to the route.',
  },
};

/** Settings of single routes. */
export const ROUTES_SETTINGS = {
  routes: {
    type: 'map',
    keys: ROUTE_KEY as typeof ROUTE_KEY,
    settings: ROUTES_ENTRY as typeof ROUTES_ENTRY,
    reloads: true,
    defaultIs: 'none',
    example: {
      '/v1': {
        balancing: { policy: 'hash', hashBy: 'cookie:session' },
        limits: { bodyBytes: 1_048_576, totalMs: 30_000 },
      },
    },
    doc: 'Settings of single routes, by prefix, or by host and prefix. Filters hold for all routes below the prefix, except `redirect`. Anything that is not set falls back to the value for all.',
  },
} as const;
