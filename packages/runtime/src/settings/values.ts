import type { Settings } from './setting.ts';

/** What a file of settings may hold, by its table. */
export type Values<G extends Settings> = Flat<
  { readonly [K in keyof G as G[K] extends Required ? K : never]: ValueOf<G[K]> } & {
    readonly [K in keyof G as G[K] extends Required ? never : K]?: ValueOf<G[K]>;
  }
>;

/** The values that a program works by: the given ones, and defaults for the others. */
export type Resolved<G extends Settings> = Flat<
  { readonly [K in keyof G as IsCertain<G[K]> extends true ? K : never]: ResolvedOf<G[K]> } & {
    readonly [K in keyof G as IsCertain<G[K]> extends true ? never : K]?: ResolvedOf<G[K]>;
  }
>;

/** The settings of a table that take effect while the program runs. */
export type Reloading<G extends Settings> = {
  readonly [K in keyof G as G[K] extends { readonly reloads: true } ? K : never]: G[K];
};

/** The settings of a table of which a route may have its own value. */
export type PerRoute<G extends Settings> = {
  readonly [K in keyof G as IsPerRoute<G[K]> extends true ? K : never]: RoutePart<G[K]>;
};

type Required = { readonly required: true };
type Default = { readonly default: unknown };
/** Merges an intersection, so that editors show one object. */
type Flat<T> = { [K in keyof T]: T[K] };

type GroupOf<G> = { readonly type: 'group'; readonly settings: G };
type MapOf<G> = { readonly type: 'map'; readonly settings: G };
type GroupsOf<G> = { readonly type: 'groups'; readonly settings: G };

/** A group that can be turned off may be written as `true` or `false`. */
type Switch<G> = G extends { readonly enabled: unknown } ? boolean : never;

type ValueOf<S> =
  S extends GroupOf<infer G extends Settings>
    ? Values<G> | Switch<G>
    : S extends MapOf<infer G extends Settings>
      ? Readonly<Record<string, Values<G>>>
      : S extends GroupsOf<infer G extends Settings>
        ? readonly Values<G>[]
        : Scalar<S>;

type ResolvedOf<S> =
  S extends GroupOf<infer G extends Settings>
    ? Resolved<G>
    : S extends GroupsOf<infer G extends Settings>
      ? readonly Resolved<G>[]
      : ValueOf<S>;

type Scalar<S> = S extends { readonly type: 'list' }
  ? readonly Word<S>[]
  : S extends { readonly type: 'integer' | 'milliseconds' | 'port' | 'share' }
    ? number | (S extends { readonly words: unknown } ? Word<S> : never)
    : S extends { readonly type: 'boolean' }
      ? boolean
      : S extends { readonly type: 'texts' }
        ? Readonly<Record<string, string>>
        : S extends { readonly type: 'lists' }
          ? Readonly<Record<string, readonly string[]>>
          : S extends { readonly type: 'choice' }
            ? Word<S>
            : string;

type Word<S> = S extends { readonly words: readonly (infer W)[] } ? W : string;

/** Whether there is a value though none was given. */
type IsCertain<S> = S extends Required | Default
  ? true
  : S extends GroupOf<infer G>
    ? HasRequired<G> extends true
      ? false
      : true
    : S extends { readonly type: 'map' }
      ? true
      : false;

type HasRequired<G> = true extends { [K in keyof G]: G[K] extends Required ? true : never }[keyof G]
  ? true
  : false;

type IsPerRoute<S> = S extends { readonly perRoute: true }
  ? true
  : S extends GroupOf<infer G>
    ? true extends { [K in keyof G]: IsPerRoute<G[K]> }[keyof G]
      ? true
      : false
    : false;

type RoutePart<S> = S extends { readonly perRoute: true }
  ? S
  : S extends GroupOf<infer G extends Settings>
    ? Omit<S, 'settings'> & GroupOf<PerRoute<G>>
    : never;
