// What it costs to decide where a request goes, by how much there is to choose from. In this process.
import { Table, parseAnnouncement } from '@rollcall/protocol';
import { createFilterServices } from '../../packages/gateway/dist/filters/filter-context.js';
import { routingRules } from '../../packages/gateway/dist/routing/rules.js';
import { Router } from '../../packages/gateway/dist/routing/router.js';
import { routingSettings } from '../../packages/gateway/dist/settings/config.js';
import { median, show } from './report.js';

const HOST = 'localhost:1500';
const SETTINGS = routingSettings({});
const SERVICES = createFilterServices({ isDry: true, pseudonym: 'us', onFault() {} });
const ASKED = 10;

/** @param {{ few: number, prefixes: number, instances: number, decisions: number, rounds: number }} sizes */
export async function routing({ few, prefixes, instances, decisions, rounds }) {
  const small = routerOf(few, few);
  const large = routerOf(prefixes, instances);
  const inTurn = Array.from({ length: ASKED }, (_, index) => requestOf(index % few));
  // Each in turn, far apart in memory.
  const spread = Array.from({ length: prefixes }, (_, index) =>
    requestOf((index * 7919) % prefixes),
  );
  /** @type {[string, Router, ReturnType<typeof requestOf>[], number[]][]} */
  const cases = [
    [`${few} prefixes, ${few} instances`, small, inTurn, []],
    [`${prefixes} prefixes, ${instances} instances; ${ASKED} of them asked`, large, inTurn, []],
    ['the same, all of them asked', large, spread, []],
  ];
  for (const [, router, requests] of cases) time(router, requests, decisions);
  for (let round = 0; round < rounds; round++) {
    for (const [, router, requests, us] of cases) us.push(time(router, requests, decisions));
  }
  const [first] = cases;
  const results = cases.map(([name, , , us]) => ({
    name,
    us: median(us),
    ratio: median(us) / median(first?.[3] ?? []),
  }));
  show(
    ['routing', 'us a decision', 'ratio'],
    results.map(({ name, us, ratio }) => [name, us, ratio]),
  );
  return results;
}

/** @param {number} prefixes @param {number} instances */
function routerOf(prefixes, instances) {
  const table = new Table({ probes: 'never' });
  for (let index = 0; index < instances; index++) {
    const parsed = parseAnnouncement({
      prefix: `/team-${index % prefixes}/v1`,
      port: 1024 + Math.floor(index / 65_000),
      address: `10.1.${Math.floor(index / 250) % 250}.${1 + (index % 250)}`,
    });
    if (!parsed.ok) throw new Error(parsed.refusal.reason);
    table.apply({ type: 'received', statement: { announcement: parsed.value, left: false } }, 0);
  }
  return new Router({
    table,
    rules: routingRules(SETTINGS, SERVICES),
    tlsFor: () => undefined,
    random: Math.random,
    now: () => performance.now(),
  });
}

/**
 * Requests are made before they are timed: to copy one takes several times as long as to decide it.
 * @param {number} index
 */
function requestOf(index) {
  const target = `/team-${index}/v1/things/7?x=1`;
  return {
    method: 'GET',
    host: HOST,
    target,
    isSecure: false,
    clientAddress: '192.0.2.1',
    field: () => undefined,
  };
}

/**
 * Microseconds for a request to be decided, and told as answered and ended.
 * @param {Router} router
 * @param {readonly ReturnType<typeof requestOf>[]} requests
 * @param {number} count
 */
function time(router, requests, count) {
  const begun = performance.now();
  for (let index = 0; index < count; index++) {
    const request = requests[index % requests.length];
    if (request === undefined) throw new Error('there is no request');
    const decision = router.decide(request);
    if (decision.type !== 'forward') throw new Error(decision.problem.detail);
    decision.next();
    decision.onResponse?.(200);
    decision.onAttemptEnd?.('responded');
  }
  return ((performance.now() - begun) * 1000) / count;
}
