import { perRoute } from '@rollcall/runtime/settings';
import type { PerRoute } from '@rollcall/runtime/settings';
import { FILTER_SETTINGS } from '../filters/filters.ts';
import { BALANCING_SETTINGS, EJECTION_SETTINGS, RETRY_SETTINGS } from './balancing.ts';
import { PREFIX } from './formats.ts';
import { LIMIT_SETTINGS } from './limits.ts';

const OWN_SETTINGS = {
  strip: {
    type: 'boolean',
    default: true,
    reloads: true,
    perRoute: true,
    doc: 'Whether the prefix is removed from the path before the request is sent to an instance.',
  },
  restorePrefix: {
    type: 'boolean',
    default: true,
    reloads: true,
    perRoute: true,
    doc: 'Whether a stripped prefix is put back in `Location`, `Content-Location`, `Refresh` and the `Path` of cookies of responses, and HTML at the bare prefix is redirected to the prefix with a slash.',
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

/** Settings of single routes. */
export const ROUTES_SETTINGS = {
  routes: {
    type: 'map',
    keys: PREFIX as typeof PREFIX,
    settings: ROUTE_SETTINGS as typeof ROUTE_SETTINGS,
    reloads: true,
    defaultIs: 'none',
    example: {
      '/v1': {
        balancing: { policy: 'hash', hashBy: 'cookie:session' },
        limits: { bodyBytes: 1_048_576, totalMs: 30_000 },
      },
    },
    doc: 'Settings of single routes, by prefix. Anything that a route does not set falls back to the value for all.',
  },
} as const;
