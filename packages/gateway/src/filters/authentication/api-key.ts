import type { Filter, FilterRequest } from '@rollcall/proxy';
import type { Format, Resolved } from '@rollcall/runtime/settings';
import { hashApiKey } from './consumer-formats.ts';
import type { FilterContext } from '../filter-context.ts';
import {
  ALLOWED_CONSUMERS,
  consumerCheck,
  HIDE_CREDENTIALS,
  hideCredential,
  unknownConsumers,
} from './authentication.ts';
import { OFF_BY_DEFAULT } from '../filter-kind.ts';
import type { FilterKind } from '../filter-kind.ts';
import { readNameProblem } from '../headers/header-fields.ts';
import { proveConsumer } from './proven.ts';
import { queryValues, withoutQuery } from '../rewriting/query.ts';
import { unauthenticated } from './refusals.ts';

const HEADER: Format = {
  expected: 'the name of a header, such as X-API-Key',
  parse: (text) => (readNameProblem(text) === undefined ? text : undefined),
  problem: (text) => readNameProblem(text) ?? '',
};

const PARAMETER: Format = {
  expected: 'the name of a query parameter, such as api_key',
  parse: (text) => (/^[A-Za-z0-9._~-]{1,64}$/.test(text) ? text : undefined),
};

const SETTINGS = {
  enabled: OFF_BY_DEFAULT as typeof OFF_BY_DEFAULT,
  header: {
    type: 'text',
    format: HEADER as typeof HEADER,
    default: 'X-API-Key',
    doc: 'The header that holds the key. In `Authorization`, it stands behind `Bearer`.',
  },
  query: {
    type: 'text',
    format: PARAMETER as typeof PARAMETER,
    example: 'api_key',
    doc: 'The query parameter that may hold the key in place of the header. Queries appear in logs of clients and proxies.',
  },
  consumers: ALLOWED_CONSUMERS as typeof ALLOWED_CONSUMERS,
  hideCredentials: HIDE_CREDENTIALS as typeof HIDE_CREDENTIALS,
} as const;

type ApiKeySettings = Resolved<typeof SETTINGS>;

/** Lets consumers call by a key that the configuration has as a hash. */
export const API_KEY: FilterKind<typeof SETTINGS> = {
  settings: {
    type: 'group',
    settings: SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'API keys: consumers call with a key.',
  },
  faults: ({ consumers }, { isConsumer }) => unknownConsumers(consumers, isConsumer),
  create: (settings, context) => (settings.enabled ? apiKeyFilter(settings, context) : undefined),
  describe({ header, query, consumers }) {
    const where = query === undefined ? header : `${header} or the query parameter ${query}`;
    return `requires an API key in ${where} of ${consumers?.join(', ') ?? 'any consumer'}`;
  },
};

const CHALLENGE = 'ApiKey';
/** Longer ones are no keys: hashing them would only cost. */
const MAX_KEY_LENGTH = 512;

function apiKeyFilter(
  { header, query, consumers, hideCredentials }: ApiKeySettings,
  context: FilterContext,
): Filter {
  const refusalOf = consumerCheck(consumers);
  const isBearer = header.toLowerCase() === 'authorization';

  function keysOf({ fields, target }: FilterRequest): string[] {
    const values = fields.getAll(header);
    const inHeader = isBearer ? values.map(withoutBearer) : values;
    return query === undefined ? inHeader : [...inHeader, ...queryValues(target, query)];
  }

  return {
    name: 'apiKey',
    onRequest(request) {
      const [key = '', ...others] = keysOf(request);
      if (key === '') return unauthenticated('The request has no API key.', CHALLENGE);
      // Which of several the instance would read is not known.
      if (others.length > 0) return unauthenticated('The request has several API keys.', CHALLENGE);
      const name =
        key.length > MAX_KEY_LENGTH ? undefined : context.consumers.ofKeyHash(hashApiKey(key));
      if (name === undefined)
        return context.failedLogins.failed(
          request,
          unauthenticated('The API key is not valid.', CHALLENGE),
        );
      const refusal = refusalOf(name);
      if (refusal !== undefined) return refusal;
      if (hideCredentials) {
        hideCredential(request, header);
        if (query !== undefined)
          request.upstreamTarget = withoutQuery(request.upstreamTarget, query);
      }
      proveConsumer(request, name);
      return undefined;
    },
  };
}

function withoutBearer(value: string): string {
  return /^Bearer +(.*)$/i.exec(value)?.[1] ?? '';
}
