import type { Announcement, Change } from '@rollcall/client';
import type { BalancerOptions } from './balancing/balancer.ts';
import type { EngineOptions } from './proxy/engine.ts';
import { createEngine } from './proxy/net-engine.ts';
import type { DomainMatcher } from './routing/domain.ts';
import { Router } from './routing/router.ts';
import type { Instances } from './routing/router.ts';

export interface DataPlaneOptions extends Pick<EngineOptions, 'pseudonym' | 'onUnreachable'> {
  readonly table: Instances;
  readonly isOurs: DomainMatcher;
  readonly balancing?: Omit<BalancerOptions, 'random'> | undefined;
}

/** What serves requests by a table that somebody else keeps. It knows nothing of channels. */
export interface DataPlane {
  /** @throws RollcallError ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN */
  listen(port: number, host: string): Promise<{ readonly host: string; readonly port: number }>;
  /** The table is other than before. */
  changed(change: Change): void;
  /** Accepts no more requests, and lets those in flight finish for a while. */
  close(): Promise<void>;
}

/** Below the 10 s after which Docker kills. */
const CLOSE_GRACE_MS = 8000;

/** Routing and the engine, put together. */
export function createDataPlane(options: DataPlaneOptions): DataPlane {
  const { table, isOurs, balancing, pseudonym, onUnreachable } = options;
  const router = new Router({
    table,
    isOurs,
    balancing: { ...balancing, random: Math.random },
    now: () => performance.now(),
  });
  const engine = createEngine({
    decide: router.decide,
    pseudonym,
    onUnreachable,
  });
  return {
    listen: (port, host) => engine.listen(port, host),
    changed({ type, instance, was }) {
      router.changed(instance.announcement.prefix);
      if (was !== undefined) router.changed(was.prefix);
      if (type === 'left' || type === 'forgotten') {
        router.forget(instance.key);
        engine.release(instance.announcement);
      }
      if (was !== undefined && !isSamePlace(was, instance.announcement)) engine.release(was);
    },
    close: () => engine.close(CLOSE_GRACE_MS),
  };
}

function isSamePlace(a: Announcement, b: Announcement): boolean {
  return a.address === b.address && a.port === b.port;
}
