import { parseAnnouncement, Table } from '@rollcall/protocol';
import type { Decision } from '@rollcall/proxy';
import { Router } from '../../src/routing/router.ts';
import { routingRules } from '../../src/routing/rules.ts';
import { routingSettings } from '../../src/settings/config.ts';
import type { RoutingConfig } from '../../src/settings/config.ts';
import { DRY_SERVICES } from '../filters/filter-services.ts';
import { REQUEST } from '../../../proxy/test/decisions.ts';

function announcement(port: number, prefix = '/v1', fields: object = {}) {
  const parsed = parseAnnouncement({ prefix, port, address: '127.0.0.1', ...fields });
  if (!parsed.ok) throw new Error(parsed.refusal.reason);
  return parsed.value;
}

export function forwarded(decision: Decision) {
  if (decision.type !== 'forward') throw new Error(decision.problem.detail);
  return decision;
}

export const limitsOf = (decision: Decision) => forwarded(decision).limits;

/** Of the instances that a decision names, one after the other, until there are no more. */
export function portsOf(decision: Decision): number[] {
  const ports: number[] = [];
  if (decision.type !== 'forward') return ports;
  for (let each = decision.next(); each !== undefined; each = decision.next()) {
    ports.push(each.port);
    decision.onAttemptEnd?.('failed');
  }
  return ports;
}

export const rules = (config: RoutingConfig) => routingRules(routingSettings(config), DRY_SERVICES);

/** A router over a table that the test tells what it hears. */
export function setup(balancing: RoutingConfig['balancing'] = {}) {
  const clock = { now: 0 };
  const table = new Table({ probes: 'never' });
  const say = (port: number, { prefix = '/v1', left = false, fields = {} } = {}) => {
    const statement = { announcement: announcement(port, prefix, fields), left };
    table.apply({ type: 'received', statement }, 0);
    router.instancesChanged(prefix);
  };
  const told: string[] = [];
  const router = new Router({
    table,
    events: {
      retried: (prefix, key) => told.push(`retried ${prefix} ${key}`),
      ejected: (prefix, key) => told.push(`ejected ${prefix} ${key}`),
      mirrored: (prefix, status) => told.push(`mirrored ${prefix} ${status}`),
      mirrorDropped: (prefix, reason) => told.push(`dropped ${prefix} ${reason}`),
    },
    rules: rules({ balancing }),
    tlsFor: () => undefined,
    random: () => 0,
    now: () => clock.now,
  });
  const decide = (host: string, target: string, asked = REQUEST) =>
    router.decide({ ...asked, host, target });
  /** The port that is picked, or the problem's code. */
  const pick = (target = '/v1/x', asked = REQUEST) => {
    const decision = decide('localhost', target, asked);
    if (decision.type === 'answer') return decision.problem.code;
    const port = decision.next()?.port;
    decision.onResponse?.(200);
    decision.onAttemptEnd?.('responded');
    return port;
  };
  const picks = (count: number) => Array.from({ length: count }, () => pick());
  const configure = (config: RoutingConfig) => router.configure(rules(config));
  return { clock, table, router, told, say, decide, pick, picks, configure };
}
