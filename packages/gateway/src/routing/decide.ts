import { Turns } from '@rollcall/client';
import type { Instance } from '@rollcall/client';
import type { ProblemCode } from '../problem.ts';
import type { Decide, Decision, Upstream } from '../proxy/engine.ts';
import type { DomainMatcher } from './domain.ts';
import { matchRoute } from './route.ts';

/** What routing needs of the table. */
export interface Instances {
  knows(prefix: string): boolean;
  /** Those that may be sent requests. */
  routable(prefix: string): readonly Instance[];
}

/** Routes by host, then by longest prefix, then takes turns among the instances. */
export function decideBy(table: Instances, isOurs: DomainMatcher): Decide {
  const turns = new Turns();
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
    const first = turns.next(match.prefix, instances);
    const next = eachOnce(first, () => table.routable(match.prefix));
    return { type: 'forward', next, target: match.target, prefix: match.prefix };
  };
}

/**
 * Names the instance whose turn it is, then those that stand in for it. They are looked up when they are
 * needed: finding out that one cannot be reached takes seconds, in which another may leave.
 */
function eachOnce(
  first: Instance | undefined,
  current: () => readonly Instance[],
): () => Upstream | undefined {
  const tried = new Set<string>();
  return () => {
    const instance = tried.size === 0 ? first : current().find(({ key }) => !tried.has(key));
    if (instance === undefined) return undefined;
    tried.add(instance.key);
    return upstreamOf(instance);
  };
}

function upstreamOf({ key, announcement }: Instance): Upstream {
  return { key, address: announcement.address, port: announcement.port };
}

function problem(code: ProblemCode, detail: string): Decision {
  return { type: 'answer', problem: { code, detail } };
}
