import type { Instance } from '@rollcall/client';
import type { ProblemCode } from '../problem.ts';
import type { Decide, Decision, Upstream } from '../proxy/engine.ts';
import type { DomainMatcher } from './domain.ts';
import { matchRoute } from './route.ts';
import { RoundRobin } from './round-robin.ts';

/** What routing needs of the table. */
export interface Instances {
  knows(prefix: string): boolean;
  /** Those that may be sent requests. */
  routable(prefix: string): readonly Instance[];
}

/** Routes by host, then by longest prefix, then takes turns among the instances. */
export function decideBy(table: Instances, isOurs: DomainMatcher): Decide {
  const turns = new RoundRobin();
  return (host, target) => {
    if (!isOurs(host)) {
      return problem(
        'unknown-host',
        'Set DOMAIN to the host that clients use, or to * for any host.',
      );
    }
    if (!target.startsWith('/')) return problem('bad-target', 'It must start with "/".');
    const match = matchRoute(target, (prefix) => table.knows(prefix));
    if (match === undefined) {
      return problem('unknown-route', 'No service has registered a prefix of this path.');
    }
    const instances = table.routable(match.prefix);
    if (instances.length === 0) {
      return problem(
        'no-instance',
        `No instance of ${match.prefix || '/'} is there or well; try again soon.`,
      );
    }
    const upstreams = turns.order(match.prefix, instances).map(upstreamOf);
    return { type: 'forward', upstreams, target: match.target, prefix: match.prefix };
  };
}

function upstreamOf({ key, announcement }: Instance): Upstream {
  return { key, address: announcement.address, port: announcement.port };
}

function problem(code: ProblemCode, detail: string): Decision {
  return { type: 'answer', problem: { code, detail } };
}
