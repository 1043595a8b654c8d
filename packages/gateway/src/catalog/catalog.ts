import type { Announcement } from '@rollcall/client';
import type { InstanceState } from '@rollcall/protocol';

/**
 * Health in Consul's words. `passing`: receives traffic from the gateway at this moment, even if all instances of the
 * service are suspect. `warning`: suspect while others are healthy. `critical`: down, ejected, draining or drained.
 */
type Health = 'passing' | 'warning' | 'critical';

export interface CatalogInstance {
  /** Unique in the whole catalog. */
  readonly id: string;
  readonly announcement: Announcement;
  readonly health: Health;
  /** The state of the instance, as everywhere. */
  readonly state: InstanceState;
  /** Why it is ejected and until when; absent if it is not. */
  readonly ejection?: string;
}

export interface CatalogService {
  /** One DNS label: see {@link serviceNames}. */
  readonly name: string;
  readonly prefix: string;
  /** In the order in which they registered; empty once all have left. */
  readonly instances: readonly CatalogInstance[];
}

/** The table as integrations read it. All that they serve is a function of it alone. */
export interface Catalog {
  /** Returns every service that ever registered, by name. */
  services(): readonly CatalogService[];
  service(name: string): CatalogService | undefined;
  /** Grows with each change; never 0. After a restart it is higher than it was before. */
  readonly index: number;
  /** Returns the index of the last change of a service. That of an unknown service grows when it registers. */
  indexOf(name: string): number;
  /** Milliseconds since the connection to the registry was lost; 0 while it is connected. */
  readonly staleMs: number;
  /** Resolves at the next change, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>;
}

/** Returns the instances that receive traffic. */
export function passing({ instances }: CatalogService): readonly CatalogInstance[] {
  return instances.filter(({ health }) => health === 'passing');
}
