import type { FieldSet, Filter, FilterRequest } from '@rollcall/proxy';
import type { Format, Resolved } from '@rollcall/runtime/settings';
import { ENABLED } from '../filter-kind.ts';
import type { FilterKind } from '../filter-kind.ts';
import { FIELD_NAME } from './header-fields.ts';
import { matchOrigins, parseOrigin } from './origins.ts';
import { addVary } from './vary.ts';

const ORIGIN: Format = {
  expected: 'an origin such as https://app.example.com, https://*.example.com or *',
  parse: parseOrigin,
};

const METHOD: Format = {
  expected: 'a method in upper case, such as GET',
  parse: (text) => (/^[A-Z][A-Z-]{0,31}$/.test(text) ? text : undefined),
};

const HEADER_NAME: Format = {
  expected: 'the name of a header',
  parse: (text) => (FIELD_NAME.test(text) ? text : undefined),
};

const SETTINGS = {
  enabled: ENABLED as typeof ENABLED,
  origins: {
    type: 'list',
    format: ORIGIN as typeof ORIGIN,
    default: [],
    example: ['https://app.example.com', 'https://*.example.org'],
    doc: 'Origins whose pages may read responses: exact ones, `https://*.example.com` for every subdomain, or `*` for any. Without any, the filter is off.',
  },
  methods: {
    type: 'list',
    format: METHOD as typeof METHOD,
    default: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    doc: 'Methods that pages may use.',
  },
  headers: {
    type: 'list',
    format: HEADER_NAME as typeof HEADER_NAME,
    defaultIs: 'the headers that a preflight asks for',
    doc: 'Request headers that pages may send.',
  },
  exposedHeaders: {
    type: 'list',
    format: HEADER_NAME as typeof HEADER_NAME,
    default: [],
    doc: 'Response headers that pages may read besides the safelisted ones.',
  },
  credentials: {
    type: 'boolean',
    default: false,
    doc: 'Whether pages may send cookies and other credentials. Not with the origin `*`.',
  },
  maxAge: {
    type: 'integer',
    min: 0,
    max: 86_400,
    unit: 'seconds',
    defaultIs: 'up to the browser',
    doc: 'How long a browser may cache the answer to a preflight.',
  },
} as const;

type CorsSettings = Resolved<typeof SETTINGS>;

/** Cross-origin resource sharing, as the Fetch standard has it (https://fetch.spec.whatwg.org/#http-cors-protocol). */
export const CORS: FilterKind<typeof SETTINGS> = {
  settings: {
    type: 'group',
    settings: SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'CORS: which pages of other origins may use the services from a browser.',
  },
  faults: ({ origins, credentials }) =>
    credentials && origins.includes('*')
      ? [{ key: 'credentials', problem: 'cannot be used with the origin `*`: list the origins' }]
      : [],
  create: (settings) =>
    settings.enabled && settings.origins.length > 0 ? corsFilter(settings) : undefined,
  describe({ origins, methods, credentials }) {
    const who = origins.includes('*') ? 'any origin' : origins.join(', ');
    const how = credentials ? ' with credentials' : '';
    return `answers preflights; allows ${who}${how}, ${methods.join(', ')}`;
  },
};

/** Fields that only the gateway sets on a route with CORS. */
const OWN_FIELDS = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-expose-headers',
  'access-control-max-age',
];

/** A preflight gets a complete answer here. Other responses lose the instance's own CORS fields, so that one place decides. */
function corsFilter(settings: CorsSettings): Filter {
  const { origins, exposedHeaders, credentials } = settings;
  const isAllowed = matchOrigins(origins);
  const isAny = origins.includes('*');

  /** The fields that allow the origin of this request; none if it is not allowed. */
  function grant({ fields }: FilterRequest): [string, string][] {
    const [origin, ...others] = fields.getAll('origin');
    if (origin === undefined || others.length > 0 || !isAllowed(origin)) return [];
    const granted: [string, string][] = [['access-control-allow-origin', isAny ? '*' : origin]];
    if (credentials) granted.push(['access-control-allow-credentials', 'true']);
    return granted;
  }

  return {
    name: 'cors',
    onRequest(request) {
      if (!isPreflight(request)) return undefined;
      const granted = grant(request);
      const fields = granted.length === 0 ? [] : preflightFields(settings, request.fields);
      return { status: 204, fields: [...granted, ...fields, ['vary', PREFLIGHT_VARY]] };
    },
    onResponse({ fields }, request) {
      if (isPreflight(request)) return;
      for (const name of OWN_FIELDS) fields.delete(name);
      const granted = grant(request);
      for (const [name, value] of granted) fields.set(name, value);
      if (granted.length > 0 && exposedHeaders.length > 0)
        fields.set('access-control-expose-headers', exposedHeaders.join(', '));
      // Otherwise a cache could give one origin the response that was marked for another.
      if (!isAny) addVary(fields, 'Origin');
    },
  };
}

const PREFLIGHT_VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';

function isPreflight({ method, fields }: FilterRequest): boolean {
  return (
    method === 'OPTIONS' && fields.has('origin') && fields.has('access-control-request-method')
  );
}

function preflightFields(
  { methods, headers, maxAge }: CorsSettings,
  fields: FieldSet,
): [string, string][] {
  const allowed = headers ?? requestedHeaders(fields);
  const answer: [string, string][] = [['access-control-allow-methods', methods.join(', ')]];
  if (allowed.length > 0) answer.push(['access-control-allow-headers', allowed.join(', ')]);
  if (maxAge !== undefined) answer.push(['access-control-max-age', String(maxAge)]);
  return answer;
}

/** The headers that a preflight asks for. Only valid names, because they are sent back. */
function requestedHeaders(fields: FieldSet): string[] {
  const names = (fields.get('access-control-request-headers') ?? '').split(',');
  return names.map((name) => name.trim()).filter((name) => FIELD_NAME.test(name));
}
