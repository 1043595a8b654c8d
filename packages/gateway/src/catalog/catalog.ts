import type { Announcement } from '@rollcall/client';

/**
 * What others are told of an instance. `passing` is what the gateway itself would send requests to at this
 * moment, so that doubt about all of a service takes none of them away; `warning` is one in doubt beside
 * others that are not; `critical` one that is down or draining.
 */
type Health = 'passing' | 'warning' | 'critical';

export interface CatalogInstance {
  /** Unique in the whole catalog. */
  readonly id: string;
  readonly announcement: Announcement;
  readonly health: Health;
  /** In a word: `up`, `suspect`, `down` or `draining`. */
  readonly state: string;
}

export interface CatalogService {
  /** One DNS label: see {@link serviceNames}. */
  readonly name: string;
  readonly prefix: string;
  /** In the order they came; empty once all have left. */
  readonly instances: readonly CatalogInstance[];
}

/** The table as every integration reads it: what they serve is a function of this and of nothing else. */
export interface Catalog {
  /** Every service that was ever heard of, by name. */
  services(): readonly CatalogService[];
  service(name: string): CatalogService | undefined;
  /** Grows with each change; never 0. After a restart it is higher than it was before. */
  readonly index: number;
  /** The index of the last change of one service; of one that nobody knows it grows when it comes. */
  indexOf(name: string): number;
  /** How long nothing can have been heard, in milliseconds: 0 while the channel is subscribed. */
  readonly staleMs: number;
  /** Resolves at the next change, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>;
}

export function passing({ instances }: CatalogService): readonly CatalogInstance[] {
  return instances.filter(({ health }) => health === 'passing');
}
