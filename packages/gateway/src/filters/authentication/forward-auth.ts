import { errorMessage } from '@rollcall/runtime';
import { FieldAliases } from '@rollcall/proxy';
import type { Filter, FilterOutcome, FilterRequest } from '@rollcall/proxy';
import type { Format, Resolved } from '@rollcall/runtime/settings';
import type { FilterContext } from '../filter-context.ts';
import { ENABLED } from '../filter-kind.ts';
import type { FilterKind } from '../filter-kind.ts';
import { FIELD_NAME, fieldNameProblem } from '../headers/header-fields.ts';
import { HTTP_URL } from './http-url.ts';
import { proveConsumer } from './proven.ts';
import { undecidable } from './refusals.ts';
import { HOP_BY_HOP } from './service-request.ts';
import type { ServiceResponse } from './service-request.ts';

const RECEIVED: Format = {
  expected: 'the name of a header',
  parse: (text) => (FIELD_NAME.test(text) ? text : undefined),
};

const SET: Format = {
  expected: 'the name of a header',
  parse: (text) => (fieldNameProblem(text) === undefined ? text : undefined),
  problem: (text) => fieldNameProblem(text) ?? '',
};

const SETTINGS = {
  enabled: ENABLED as typeof ENABLED,
  url: {
    type: 'text',
    format: HTTP_URL as typeof HTTP_URL,
    example: 'http://auth.internal:8080/check',
    doc: 'The service that decides. Without it, the filter is off.',
  },
  timeoutMs: {
    type: 'milliseconds',
    default: 5000,
    doc: 'Maximum time until the service has answered. Then requests get 503.',
  },
  requestHeaders: {
    type: 'list',
    format: RECEIVED as typeof RECEIVED,
    defaultIs: 'all',
    example: ['Authorization', 'Cookie'],
    doc: 'Headers of the request that the service receives.',
  },
  responseHeaders: {
    type: 'list',
    format: SET as typeof SET,
    default: [],
    example: ['X-Auth-User'],
    doc: 'Headers of the response of the service that the instance receives. Clients cannot set them.',
  },
  consumerHeader: {
    type: 'text',
    format: RECEIVED as typeof RECEIVED,
    example: 'X-Auth-User',
    doc: 'The header of the response of the service that names the consumer.',
  },
} as const;

type ForwardAuthSettings = Resolved<typeof SETTINGS>;

/** Asks an HTTP service about each request: 2xx lets it pass, any other response than 5xx goes to the client. */
export const FORWARD_AUTH: FilterKind<typeof SETTINGS> = {
  settings: {
    type: 'group',
    settings: SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'Forward authentication: an HTTP service decides about each request, as with forwardAuth of Traefik and forward_auth of Caddy.',
  },
  needs: ['url'],
  create: ({ enabled, url, ...settings }, context) =>
    enabled && url !== undefined ? forwardAuthFilter(url, settings, context) : undefined,
  describe: ({ url }) => `asks ${url}`,
};

const MAX_BODY_BYTES = 65_536;
/** They belong to a connection or a body, or the gateway writes them itself. */
const NOT_PASSED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'content-length',
  'expect',
  'host',
  'via',
  'date',
  'x-request-id',
]);

function forwardAuthFilter(
  url: string,
  settings: Omit<ForwardAuthSettings, 'enabled' | 'url'>,
  { isDry, pseudonym, send, onFault }: FilterContext,
): Filter {
  if (isDry) return { name: 'forwardAuth' };
  const { timeoutMs, requestHeaders, responseHeaders, consumerHeader } = settings;
  const asked = requestHeaders && new Set(requestHeaders.map((name) => name.toLowerCase()));
  const own = new FieldAliases(responseHeaders);

  /** The fields of the request, and where it comes from as Traefik and Caddy say it. */
  function headersOf(request: FilterRequest): Record<string, string | string[]> {
    // The client chooses the names, such as `constructor`.
    const headers = new Map<string, string[]>();
    for (const [name, value] of request.fields) {
      const lower = name.toLowerCase();
      if (NOT_PASSED.has(lower) || lower.startsWith('x-forwarded-')) continue;
      if (asked !== undefined && !asked.has(lower)) continue;
      headers.set(lower, [...(headers.get(lower) ?? []), value]);
    }
    return {
      ...Object.fromEntries(headers),
      'x-forwarded-method': request.method,
      'x-forwarded-proto': request.isSecure ? 'https' : 'http',
      'x-forwarded-host': request.host,
      'x-forwarded-uri': request.target,
      'x-forwarded-for': request.clientAddress,
      'x-request-id': request.requestId,
      // By which this gateway recognizes the request if it comes back.
      via: `1.1 ${pseudonym}`,
    };
  }

  function pass(request: FilterRequest, response: ServiceResponse): void {
    for (const name of responseHeaders) {
      const value = valueOf(response, name);
      if (value !== undefined) request.fields.set(name, value);
    }
    const consumer = consumerHeader === undefined ? undefined : valueOf(response, consumerHeader);
    if (consumer !== undefined) proveConsumer(request, consumer);
  }

  return {
    name: 'forwardAuth',
    async onRequest(request): Promise<FilterOutcome | void> {
      request.fields.deleteAliases(own);
      let response;
      try {
        const headers = headersOf(request);
        response = await send({ url, headers, timeoutMs, maxBytes: MAX_BODY_BYTES });
        const { status } = response;
        if (status < 200 || status >= 500) throw new Error(`the response is ${status}`);
      } catch (error) {
        onFault('forwardAuth', `${url} does not decide: ${errorMessage(error)}`);
        return undecidable('The service that decides does not answer. Try again soon.');
      }
      if (response.status < 200 || response.status > 299) return answerOf(response);
      return pass(request, response);
    },
  };
}

function valueOf({ fields }: ServiceResponse, name: string): string | undefined {
  const lower = name.toLowerCase();
  const values = fields.filter(([each]) => each.toLowerCase() === lower);
  const text = values.map(([, value]) => value).join(', ');
  return text === '' ? undefined : text;
}

/** The refusal as the client gets it, such as a redirect to a page to sign in. */
function answerOf({ status, fields, body }: ServiceResponse): FilterOutcome {
  return {
    status,
    fields: fields.filter(([name]) => !NOT_PASSED.has(name.toLowerCase())),
    body,
  };
}
