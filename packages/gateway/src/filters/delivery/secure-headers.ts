import type { Filter } from '@rollcall/proxy';
import type { Resolved } from '@rollcall/runtime/settings';
import { OFF_BY_DEFAULT } from '../filter-kind.ts';
import type { FilterKind } from '../filter-kind.ts';

const SETTINGS = {
  enabled: OFF_BY_DEFAULT as typeof OFF_BY_DEFAULT,
  hstsSeconds: {
    type: 'integer',
    unit: 'seconds',
    min: 0,
    max: 63_072_000,
    default: 31_536_000,
    doc: 'For how long browsers use only HTTPS for the host: `Strict-Transport-Security`, on responses over TLS only. 0 sends none.',
  },
  hstsSubdomains: {
    type: 'boolean',
    default: false,
    doc: 'Whether that includes all subdomains of the host.',
  },
  frames: {
    type: 'choice',
    words: ['none', 'same-origin', 'any'],
    default: 'same-origin',
    doc: 'Which pages may show responses in a frame: `X-Frame-Options`, and `frame-ancestors` of `Content-Security-Policy`.',
  },
  referrerPolicy: {
    type: 'choice',
    words: [
      'no-referrer',
      'same-origin',
      'origin',
      'strict-origin',
      'strict-origin-when-cross-origin',
      'off',
    ],
    default: 'strict-origin-when-cross-origin',
    doc: 'What browsers say of the page that a request comes from: `Referrer-Policy`. `off` sends none.',
  },
  override: {
    type: 'boolean',
    default: false,
    doc: 'Whether the headers replace the headers of instances. A `Content-Security-Policy` of an instance always stays.',
  },
} as const;

type SecureHeaderSettings = Resolved<typeof SETTINGS>;

/** Sets the headers by which browsers protect users of a site, where instances do not set them. */
export const SECURE_HEADERS: FilterKind<typeof SETTINGS> = {
  settings: {
    type: 'group',
    settings: SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'Headers by which browsers protect users. `true` sets `Strict-Transport-Security`, `X-Content-Type-Options: nosniff`, `X-Frame-Options`, `Content-Security-Policy: frame-ancestors` and `Referrer-Policy`.',
  },
  create: (settings) => (settings.enabled ? secureHeadersFilter(settings) : undefined),
  describe(settings) {
    const names = [...headersOf(settings), ...hstsOf(settings)].map(([name]) => name);
    return `${settings.override ? 'sets' : 'adds'} ${names.join(', ')} on responses`;
  },
};

type Header = readonly [name: string, value: string];

function secureHeadersFilter(settings: SecureHeaderSettings): Filter {
  const plain = headersOf(settings);
  const secure = [...plain, ...hstsOf(settings)];
  return {
    name: 'secureHeaders',
    onResponse({ fields }, { isSecure }) {
      for (const [name, value] of isSecure ? secure : plain) {
        const isReplaced = settings.override && name !== CSP;
        if (isReplaced || !fields.has(name)) fields.set(name, value);
      }
    },
  };
}

const CSP = 'content-security-policy';
const FRAMES = {
  none: { option: 'DENY', ancestors: "'none'" },
  'same-origin': { option: 'SAMEORIGIN', ancestors: "'self'" },
} as const;

function headersOf({ frames, referrerPolicy }: SecureHeaderSettings): Header[] {
  const headers: Header[] = [['x-content-type-options', 'nosniff']];
  if (frames !== 'any') {
    const { option, ancestors } = FRAMES[frames];
    headers.push(['x-frame-options', option], [CSP, `frame-ancestors ${ancestors}`]);
  }
  if (referrerPolicy !== 'off') headers.push(['referrer-policy', referrerPolicy]);
  return headers;
}

/** RFC 6797 §7.2: not over plain HTTP. */
function hstsOf({ hstsSeconds, hstsSubdomains }: SecureHeaderSettings): Header[] {
  if (hstsSeconds === 0) return [];
  const subdomains = hstsSubdomains ? '; includeSubDomains' : '';
  return [['strict-transport-security', `max-age=${hstsSeconds}${subdomains}`]];
}
