import type { Filter } from '@rollcall/proxy';
import { isRecord } from '@rollcall/protocol';
import type { Resolved, Settings, Values } from '@rollcall/runtime/settings';
import { API_KEY } from './authentication/api-key.ts';
import { BASIC_AUTH } from './authentication/basic-auth.ts';
import { COMPRESS } from './delivery/compress.ts';
import { CLIENT_CERTIFICATE } from './authentication/client-certificate.ts';
import { CONCURRENCY } from './limits/concurrency.ts';
import { CORS } from './headers/cors.ts';
import { ERROR_PAGES } from './delivery/error-pages.ts';
import type { FilterContext } from './filter-context.ts';
import type { ConfigFacts, FilterFault, FilterKind } from './filter-kind.ts';
import { FORWARD_AUTH } from './authentication/forward-auth.ts';
import { HEADERS } from './headers/headers.ts';
import { IP_ACCESS } from './authentication/ip-access.ts';
import { JWT } from './authentication/jwt.ts';
import { MAINTENANCE } from './delivery/maintenance.ts';
import { DROP_FORGED_CONSUMER } from './authentication/proven.ts';
import { RATE_LIMIT } from './limits/rate-limit.ts';
import { REDIRECT } from './rewriting/redirect.ts';
import { SECURE_HEADERS } from './delivery/secure-headers.ts';

/**
 * Every kind of filter, by its key in the configuration. Requests pass them in this order, responses in the reverse
 * order: so CORS answers preflights first, and marks every response last.
 */
const KINDS = {
  cors: CORS as typeof CORS,
  redirect: REDIRECT as typeof REDIRECT,
  maintenance: MAINTENANCE as typeof MAINTENANCE,
  ipAccess: IP_ACCESS as typeof IP_ACCESS,
  clientCertificate: CLIENT_CERTIFICATE as typeof CLIENT_CERTIFICATE,
  basicAuth: BASIC_AUTH as typeof BASIC_AUTH,
  apiKey: API_KEY as typeof API_KEY,
  jwt: JWT as typeof JWT,
  forwardAuth: FORWARD_AUTH as typeof FORWARD_AUTH,
  rateLimit: RATE_LIMIT as typeof RATE_LIMIT,
  concurrency: CONCURRENCY as typeof CONCURRENCY,
  headers: HEADERS as typeof HEADERS,
  secureHeaders: SECURE_HEADERS as typeof SECURE_HEADERS,
  compress: COMPRESS as typeof COMPRESS,
  errorPages: ERROR_PAGES as typeof ERROR_PAGES,
} as const;

type Groups = {
  readonly [Name in keyof typeof KINDS]: (typeof KINDS)[Name]['settings'];
};

const ALL = Object.entries(KINDS) as unknown as readonly (readonly [
  keyof Groups,
  FilterKind<Settings>,
])[];

/** The part of the gateway's table of settings that the filters have. */
export const FILTER_SETTINGS: Groups = Object.fromEntries(
  ALL.map(([name, kind]) => [name, kind.settings]),
) as unknown as Groups;

/** The settings of all filters of a route. */
export type FilterSettings = Resolved<Groups>;

/** Builds the filters of a route, in their order. A filter without effect is left out. */
export function createFilters(settings: FilterSettings, context: FilterContext): readonly Filter[] {
  const filters = ALL.flatMap(([name, kind]) => kind.create(settings[name], context) ?? []);
  return context.provesConsumers ? [DROP_FORGED_CONSUMER, ...filters] : filters;
}

/**
 * Returns what is wrong with the settings of a route, with keys such as `cors.credentials`.
 * @param given what the route sets itself
 * @param below returns what is set for parts of the route: its cases, and the routes below it
 */
export function filterFaults(
  settings: FilterSettings,
  given: Values<Groups>,
  config: ConfigFacts,
  below: () => readonly Values<Groups>[] = () => [],
): readonly FilterFault[] {
  return ALL.flatMap(([name, kind]) => {
    const parts = (): unknown[] => below().map((each) => each[name]);
    const withoutEffect = effectFaults(name, kind, settings[name], given[name], parts);
    if (withoutEffect.length > 0) return withoutEffect;
    return (kind.faults?.(settings[name], config) ?? []).map(({ key, problem }) => ({
      key: `${name}.${key}`,
      problem,
    }));
  });
}

/**
 * A filter that is set, and has no effect, would let every request pass. What only prepares it for parts of the route
 * may lack what they set.
 */
function effectFaults(
  name: string,
  { needs = [] }: FilterKind<Settings>,
  settings: Readonly<Record<string, unknown>>,
  given: unknown,
  below: () => readonly unknown[],
): FilterFault[] {
  if (given === undefined || given === false) return [];
  const enabled = isRecord(given) ? given['enabled'] : given;
  if (enabled === false) return [];
  if (settings['enabled'] === false)
    return [{ key: name, problem: `is off by the settings above it: set \`${name}.enabled\`` }];
  if (needs.length === 0 || hasOneOf(needs, settings)) return [];
  if (enabled === undefined && below().some((each) => hasOneOf(needs, each))) return [];
  const keys = needs.map((key) => `\`${name}.${key}\``).join(' or ');
  return [{ key: name, problem: `is turned on, but needs ${keys}` }];
}

function hasOneOf(keys: readonly string[], settings: unknown): boolean {
  return isRecord(settings) && keys.some((key) => isSet(settings[key]));
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}

/** What a filter of a route does, for people. */
export interface FilterView {
  readonly name: string;
  readonly effect: string;
}

/** Describes the filters of a route, in their order. */
export function describeFilters(
  settings: FilterSettings,
  context: FilterContext,
): readonly FilterView[] {
  return ALL.filter(([name, kind]) => kind.create(settings[name], context) !== undefined).map(
    ([name, kind]) => ({ name, effect: kind.describe(settings[name]) }),
  );
}
