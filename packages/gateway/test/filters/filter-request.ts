import { FieldSet } from '@rollcall/proxy';
import type { Filter, FilterRequest, FilterResponse, Problem } from '@rollcall/proxy';
import { resolveSettings } from '@rollcall/runtime/settings';
import type { Resolved, Settings, Values } from '@rollcall/runtime/settings';
import { Consumers } from '../../src/filters/authentication/consumers.ts';
import type { FilterContext } from '../../src/filters/filter-context.ts';
import type { FilterKind } from '../../src/filters/filter-kind.ts';
import type { ConsumersConfig } from '../../src/settings/consumers.ts';
import { SERVICES } from './filter-services.ts';

/** Header fields as filters see them. */
export function fieldSet(fields: Readonly<Record<string, string>> = {}): FieldSet {
  return new FieldSet(
    Object.entries(fields)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join(''),
  );
}

/** A response as filters see it. @param body of one that the gateway makes itself */
export function filterResponse(
  fields: Readonly<Record<string, string>> = {},
  status = 200,
  body?: Uint8Array,
  problem?: Problem,
): FilterResponse {
  return { status, fields: fieldSet(fields), body, problem };
}

/** A request as filters see it. */
export function filterRequest({
  headers = {},
  ...fields
}: Partial<FilterRequest> & { headers?: Record<string, string> } = {}): FilterRequest {
  return {
    method: 'GET',
    host: 'api.example.com',
    target: '/v1/x',
    route: '/v1',
    consumer: undefined,
    upstreamTarget: '/x',
    clientAddress: '10.0.0.1',
    isSecure: false,
    clientCertificate: undefined,
    requestId: 'r1',
    fields: fieldSet(headers),
    ...fields,
  };
}

/** Settings of a kind of filter, with the defaults. */
export function settingsOf<S extends Settings>(kind: FilterKind<S>, given: Values<S>): Resolved<S> {
  return resolveSettings(kind.settings.settings, given);
}

/** A filter that these settings build. */
export function filterOf<S extends Settings>(
  kind: FilterKind<S>,
  given: Values<S>,
  context: FilterContext = filterContext(),
): Filter {
  const filter = kind.create(settingsOf(kind, given), context);
  if (filter === undefined) throw new Error('these settings build no filter');
  return filter;
}

/** What filters have besides their settings. */
export function filterContext({
  consumers = {},
  ...services
}: Partial<Omit<FilterContext, 'consumers'>> & {
  consumers?: ConsumersConfig;
} = {}): FilterContext {
  return {
    ...SERVICES,
    ...services,
    consumers: new Consumers(consumers),
    provesConsumers: false,
    limitScope: '',
  };
}
