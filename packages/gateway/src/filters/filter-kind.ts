import type { Filter } from '@rollcall/proxy';
import type { Resolved, Settings } from '@rollcall/runtime/settings';
import type { FilterContext } from './filter-context.ts';

/** A part of a filter's settings that is wrong. */
export interface FilterFault {
  /** The key within the filter's settings, such as `credentials`. */
  readonly key: string;
  /** The end of a sentence, such as "cannot be used with the origin `*`". */
  readonly problem: string;
}

/** What a filter's settings may refer to in the rest of the configuration. */
export interface ConfigFacts {
  /** Whether `consumers` has this name. */
  readonly isConsumer: (name: string) => boolean;
  /** Whether `tls.clientCa` is set. */
  readonly hasClientCa: boolean;
  /** Whether `redis.url` is set. */
  readonly hasRedis: boolean;
}

/** A kind of filter that a configuration can give to routes. */
export interface FilterKind<S extends Settings> {
  readonly settings: {
    readonly type: 'group';
    readonly settings: S;
    readonly reloads: true;
    readonly perRoute: true;
    readonly doc: string;
  };
  /** The settings without any of which the filter has no effect: a configuration that sets the filter must set one of them. */
  readonly needs?: readonly (keyof S & string)[];
  /** Returns what is wrong beyond what the table of settings can say. */
  faults?(settings: Resolved<S>, config: ConfigFacts): readonly FilterFault[];
  /** Builds the filter; undefined if these settings leave it without effect. Each worker builds its own. */
  create(settings: Resolved<S>, context: FilterContext): Filter | undefined;
  /** Says in one line what the filter does, for `rollcall explain`. */
  describe(settings: Resolved<S>): string;
}

/** A filter that needs no other setting is turned on by `true`, and off for a route by `false`. */
export const OFF_BY_DEFAULT = {
  type: 'boolean',
  default: false,
  doc: 'Whether the filter is on. An object without it turns it on.',
} as const;

/** Every other filter can be turned off for a route. */
export const ENABLED = {
  type: 'boolean',
  default: true,
  doc: 'Whether the filter is on. `false` turns it off for a route that would have it by the settings for all.',
} as const;
