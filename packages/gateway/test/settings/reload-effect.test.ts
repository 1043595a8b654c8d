import { beforeEach, expect, it, vi } from 'vitest';
import { leavesOf, reloading } from '@rollcall/runtime/settings';
import type { ProxyOptions } from '@rollcall/proxy';
import { createInProcessDataPlane } from '../../src/data-plane/in-process.ts';
import type { Router, RouterOptions } from '../../src/routing/router.ts';
import { ADMIN_SETTINGS } from '../../src/settings/admin.ts';
import { AUTH_SETTINGS } from '../../src/settings/auth.ts';
import { NOTIFY_SETTINGS } from '../../src/settings/notify.ts';
import { OWNERS_SETTINGS } from '../../src/settings/owners.ts';
import { ROUTE_SETTINGS } from '../../src/settings/routing.ts';
import { GATEWAY_SETTINGS } from '../../src/settings/table.ts';
import type { RoutingConfig } from '../../src/settings/config.ts';
import { dataPlaneSettings } from '../data-plane-settings.ts';
import { nested, otherValue } from './other-value.ts';

let proxy: ProxyOptions;
let router: RouterOptions;
vi.mock('@rollcall/proxy', async (original) => ({
  ...(await original<object>()),
  createProxy: (options: ProxyOptions) => (proxy = options),
}));
vi.mock('../../src/routing/router.ts', () => ({
  Router: class {
    readonly decide = (() => ({ type: 'answer' })) as unknown as Router['decide'];
    readonly servedSince: Router['servedSince'] = () => [];
    constructor(options: RouterOptions) {
      router = options;
    }
  },
}));

/** All that the parts of a data plane are given by a configuration. */
function given(config: RoutingConfig): string {
  createInProcessDataPlane({
    settings: dataPlaneSettings(config),
    table: { knows: () => true, prefixes: () => ['/v1'], routable: () => [] },
    traffic: { countRequest: () => {} } as never,
    observers: { accessLog: undefined, traces: undefined, close: async () => {} },
    onUnreachable: () => {},
    onEjected() {},
    onRequestError: () => {},
    onFilterFault: () => {},
    onServed: () => {},
  });
  const { sitesOf, ruleOf } = router.rules;
  return JSON.stringify({
    limits: proxy.limits,
    via: proxy.via,
    underscores: proxy.underscoresInHeaders,
    isTrusted: proxy.isTrustedProxy?.('10.0.0.1'),
    sites: sitesOf('api.example.com').length,
    policy: ruleOf('/v1').policyOf(),
  });
}

let before: string;
beforeEach(() => {
  before = given({});
});

/**
 * What is not about requests of clients has tests of its own: test/admin/scopes.test.ts, and test/attacks and
 * test/e2e/notifications.test.ts in the root.
 */
const ELSEWHERE = { ...NOTIFY_SETTINGS, ...ADMIN_SETTINGS, ...OWNERS_SETTINGS, ...AUTH_SETTINGS };
const ofRequests = leavesOf(reloading(GATEWAY_SETTINGS)).filter(
  ({ path: [key = ''] }) => !Object.hasOwn(ELSEWHERE, key),
);

it.each(ofRequests.map((leaf) => [leaf.path.join('.'), leaf] as const))(
  '%s has an effect on requests',
  (_name, leaf) => {
    expect(given(nested(leaf.path, otherValue(leaf)))).not.toBe(before);
  },
);

/** Without the filter that all routes have as soon as one of them has authentication. */
const routeOf = (text: string): string => text.replaceAll(/\{"name":"consumers"\},?/g, '');

it.each(leavesOf(ROUTE_SETTINGS).map((leaf) => [leaf.path.join('.'), leaf] as const))(
  '%s of a route has an effect on its requests, and on no others',
  (_name, leaf) => {
    const route = nested(leaf.path, otherValue(leaf));
    expect(routeOf(given({ routes: { '/v1': route } }))).not.toBe(before);
    expect(routeOf(given({ routes: { '/v2': route } }))).toBe(before);
  },
);
