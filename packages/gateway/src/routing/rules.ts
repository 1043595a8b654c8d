import type { AnnouncedPolicy } from '@rollcall/protocol';
import type { Filter } from '@rollcall/proxy';
import type { Values } from '@rollcall/runtime/settings';
import { resolveSettings } from '@rollcall/runtime/settings';
import { Consumers } from '../filters/authentication/consumers.ts';
import type { FilterContext, FilterServices } from '../filters/filter-context.ts';
import { createFilters } from '../filters/filters.ts';
import { WHEN_SETTINGS } from '../settings/cases.ts';
import type { RoutingSettings } from '../settings/config.ts';
import type { ROUTES_ENTRY } from '../settings/routing.ts';
import { compileWhen } from './conditions.ts';
import type { Condition } from './conditions.ts';
import { matchDomain } from './domain.ts';
import { enclosingKeys, inheritedFilters } from './enclosing.ts';
import { policyOf } from './policy.ts';
import type { RoutePolicy, RouteValues } from './policy.ts';
import { maxSegmentsOf } from './route.ts';
import { parseRouteKey } from './route-key.ts';
import { provesConsumers } from './proves-consumers.ts';
import { compileSites } from './sites.ts';
import type { FindSites } from './sites.ts';

/** What a configuration says about routing. */
export interface RoutingRules {
  readonly sitesOf: FindSites;
  /** The most segments that the prefix of an entry has. */
  readonly maxSegments: number;
  /** Whether the configuration has an entry of this key. */
  readonly hasEntry: (key: string) => boolean;
  /** Whether the entry says itself how it is served, by a service, upstreams, a redirect or cases. */
  readonly servesItself: (key: string) => boolean;
  /** Returns the rule of a route or a case by its id; the id of a route is its key. */
  readonly ruleOf: (id: string) => RouteRule;
  /** Returns the id of the rule by which an entry is served as the route above it is, with settings of its own. */
  readonly within: (key: string, serving: string) => string;
  /** What responses to requests without a route pass. */
  readonly filters: readonly Filter[];
}

/** How the requests of a route, or of one of its cases, are served. */
export interface RouteRule {
  /** The key of the route; of a case, with its number. */
  readonly id: string;
  /** The key of the route, by which it is counted and logged. */
  readonly key: string;
  /** The prefix in the path of its requests. Canonical. */
  readonly prefix: string;
  /** The prefix whose instances serve it, or the name of its upstreams. */
  readonly service: string;
  /** Whether the configuration names what serves it. Otherwise it needs a service that has registered. */
  readonly isServed: boolean;
  /** What its entry and those around it set, the one that takes precedence last. */
  readonly own: readonly RouteValues[];
  /** The id of a case that has a rate limit of its own; `''` for others. */
  readonly limitScope: string;
  /** Returns its policy, given what its instances announce. */
  readonly policyOf: (announced?: AnnouncedPolicy) => RoutePolicy;
  readonly cases: readonly RouteCase[];
}

/** A part of the requests of a route, with a rule of its own. */
interface RouteCase {
  readonly condition: Condition;
  readonly id: string;
}

type RouteEntry = Values<typeof ROUTES_ENTRY>;
type ServedBy = Pick<RouteEntry, 'service' | 'upstreams'>;

const NO_CASES: readonly RouteCase[] = [];

/** Turns settings into the rules that a router works by. */
export function routingRules(settings: RoutingSettings, services: FilterServices): RoutingRules {
  const context = filterContext(settings, services);
  const { routes } = settings;
  const rules = new Map<string, RouteRule>();
  const add = (added: readonly RouteRule[]): void => {
    for (const rule of added) rules.set(rule.id, rule);
  };
  const keys = new Set(Object.keys(routes));
  for (const key of keys) add(rulesOf(settings, context, key));
  const plain = policyOf(settings, context, []);
  const serving = new Set([...keys].filter((key) => servesItself(routes[key])));
  return {
    sitesOf: compileSites([...keys], matchDomain(settings.domain ?? 'localhost')),
    maxSegments: maxSegmentsOf(Array.from(keys, prefixOf)),
    hasEntry: (key) => keys.has(key),
    servesItself: (key) => serving.has(key),
    ruleOf: (id) =>
      rules.get(id) ?? withPlainPolicy(announcedRule(settings, context, id), plain, context),
    within(key, served) {
      const id = `${key} in ${served || '/'}`;
      if (!rules.has(id)) add(rulesWithin(settings, context, { id, key, served }));
      return id;
    },
    filters: createFilters(settings, context),
  };
}

/** Returns what the filters of a configuration have besides their settings. */
export function filterContext(settings: RoutingSettings, services: FilterServices): FilterContext {
  const consumers = new Consumers(settings.consumers);
  return { ...services, consumers, provesConsumers: provesConsumers(settings), limitScope: '' };
}

function prefixOf(key: string): string {
  return parseRouteKey(key)?.prefix ?? key;
}

function servesItself(entry: RouteEntry = {}): boolean {
  const { service, upstreams, redirect, cases } = entry;
  return (
    (redirect !== undefined && isOn(redirect)) ||
    [service, upstreams, cases].some((each) => each !== undefined)
  );
}

function isOn(filter: boolean | { readonly enabled?: boolean | undefined }): boolean {
  return typeof filter === 'boolean' ? filter : filter.enabled !== false;
}

/** The rules of an entry and of its cases. */
function rulesOf(settings: RoutingSettings, context: FilterContext, key: string): RouteRule[] {
  const prefix = prefixOf(key);
  const entry = settings.routes[key] ?? {};
  const inherited = inheritedFilters(settings.routes, key);
  const cases = (entry.cases ?? []).map((each, index) => ({ ...each, id: caseId(key, index) }));
  const rule = (id: string, by: ServedBy, values: readonly RouteValues[]): RouteRule => {
    const own = [...inherited, ...values];
    const [, ofCase] = values;
    const limitScope = ofCase?.rateLimit === undefined ? '' : id;
    return {
      id,
      key,
      prefix,
      service: by.upstreams === undefined ? (by.service ?? prefix) : upstreamsName(id),
      isServed: by.upstreams !== undefined || by.service !== undefined,
      own,
      limitScope,
      policyOf: (announced) => policyOf(settings, { ...context, limitScope }, own, announced),
      cases: NO_CASES,
    };
  };
  return [
    {
      ...rule(key, entry, [entry]),
      cases: cases.map(({ id, when }) => ({
        id,
        condition: compileWhen(resolveSettings(WHEN_SETTINGS, when ?? {})),
      })),
    },
    ...cases.map((each) => {
      const isOwn = each.service !== undefined || each.upstreams !== undefined;
      if (isOwn) return rule(each.id, each, [entry, each]);
      // Without a service of its own it has that of the route.
      const { service, isServed } = rule(key, entry, []);
      return { ...rule(each.id, {}, [entry, each]), service, isServed };
    }),
  ];
}

/** The rules of an entry that is served as another is: those of the other, its cases too, with the settings of the entry. */
function rulesWithin(
  settings: RoutingSettings,
  context: FilterContext,
  { id, key, served }: { readonly id: string; readonly key: string; readonly served: string },
): RouteRule[] {
  const { routes } = settings;
  const around = enclosingKeys(routes, key).filter((each) => each.length > served.length);
  const above = [...around, key].map((each) => routes[each] ?? {});
  const idOf = (index: number): string => (index === 0 ? id : caseId(id, index - 1));
  const rules = Object.hasOwn(routes, served)
    ? rulesOf(settings, context, served)
    : [announcedRule(settings, context, served)];
  return rules.map((rule, index) => {
    const own = [...rule.own, ...above];
    const { limitScope } = rule;
    return {
      ...rule,
      id: idOf(index),
      key,
      own,
      policyOf: (announced) => policyOf(settings, { ...context, limitScope }, own, announced),
      cases: rule.cases.map(({ condition }, number) => ({ condition, id: idOf(number + 1) })),
    };
  });
}

/** The rule of a prefix that only a service has made a route. */
function announcedRule(
  settings: RoutingSettings,
  context: FilterContext,
  prefix: string,
): RouteRule {
  const own = inheritedFilters(settings.routes, prefix);
  return {
    id: prefix,
    key: prefix,
    prefix,
    service: prefix,
    isServed: false,
    own,
    limitScope: '',
    policyOf: (announced) => policyOf(settings, context, own, announced),
    cases: NO_CASES,
  };
}

/**
 * Returns a rule whose policy is the one for all, if neither its route nor its instances set anything: thousands of routes
 * share it then, in the caches of the processor too. Filters may remember requests, so that each route has its own.
 */
function withPlainPolicy(rule: RouteRule, plain: RoutePolicy, context: FilterContext): RouteRule {
  if (rule.own.length > 0) return rule;
  const { filters } = plain;
  return {
    ...rule,
    policyOf(announced) {
      if (announced !== undefined) return rule.policyOf(announced);
      return filters.length === 0 ? plain : { ...plain, filters: createFilters(plain, context) };
    },
  };
}

/** Returns the id of a case of a route. */
export function caseId(key: string, index: number): string {
  return `${key || '/'} (case ${index + 1})`;
}

/** The upstreams of a route or a case stand in the table by a name that no service can announce, because it has a space. */
export function upstreamsName(id: string): string {
  return id.includes(' ') ? id : `${id || '/'} (upstreams)`;
}
