import type { Format } from '@rollcall/runtime/settings';
import { HASH_KEY } from './formats.ts';

const FIELD_OR_COOKIE: Format = {
  expected: '"header:NAME" or "cookie:NAME"',
  parse: (text) => (text === 'address' ? undefined : HASH_KEY.parse(text)),
};

const SHARE_SETTINGS = {
  version: {
    type: 'text',
    required: true,
    example: '1.4',
    doc: 'The version, as its instances announce it.',
  },
  weight: {
    type: 'integer',
    min: 0,
    max: 1_000_000,
    required: true,
    example: 90,
    doc: 'Its share of the requests, in proportion to the other weights.',
  },
} as const;

/** To which version requests are copied, and what the copies may take. */
const MIRROR_SETTINGS = {
  version: {
    type: 'text',
    example: '1.5',
    doc: 'The version that receives a copy of each request that another version receives. It receives copies only, unless `shares` names it. If unset, no request is copied.',
  },
  share: {
    type: 'share',
    default: 1,
    doc: 'The share of the requests that are copied. 0 copies none.',
  },
  maxBodyBytes: {
    type: 'integer',
    min: 0,
    max: 16_777_216,
    unit: 'bytes',
    default: 65_536,
    doc: 'A request with a larger body is not copied.',
  },
  maxInFlight: {
    type: 'integer',
    min: 1,
    max: 100_000,
    default: 100,
    doc: 'Maximum copies of the route in flight, in each worker. While as many are, requests are not copied.',
  },
  timeoutMs: {
    type: 'milliseconds',
    default: 15_000,
    doc: 'Maximum time from when a copy is sent to the end of its response.',
  },
} as const;

/** How the versions that instances announce share the requests of a route. */
export const VERSION_SETTINGS = {
  guarded: {
    type: 'boolean',
    default: true,
    doc: 'Whether a version that is new begins with a small share, which grows while it fails no more often and is no slower than the old one. A version that is worse is held back.',
  },
  stepMs: {
    type: 'milliseconds',
    default: 30_000,
    doc: 'How long a new version stays at each share (5, 10, 25 and 50 %) at least, and ten times that at most while there are too few requests to compare.',
  },
  shares: {
    type: 'groups',
    settings: SHARE_SETTINGS as typeof SHARE_SETTINGS,
    example: [
      { version: '1.4', weight: 90 },
      { version: '1.5', weight: 10 },
    ],
    doc: 'Fixed shares of versions, in place of `guarded`. A version that is not named receives requests only if no instance of the named ones can.',
  },
  mirror: {
    type: 'group',
    settings: MIRROR_SETTINGS as typeof MIRROR_SETTINGS,
    doc: 'Copies requests to a version, and drops its responses. Clients do not wait for it.',
  },
  stickyBy: {
    type: 'text',
    format: HASH_KEY as typeof HASH_KEY,
    example: 'cookie:session',
    doc: 'What keeps a client at one version: `address`, `header:NAME` or `cookie:NAME`. If unset, each request is shared anew, except under the policy `hash`, which keeps its keys at one version.',
  },
  pinBy: {
    type: 'text',
    format: FIELD_OR_COOKIE as typeof FIELD_OR_COOKIE,
    example: 'header:x-version',
    doc: 'The header or cookie by which a client chooses a version, even one that is held back. A version that no instance announces is ignored.',
  },
} as const;
