import type { Clock } from '../clock.ts';
import type { Limits } from '../limits.ts';
import type { Upstream, UpstreamTls } from '../proxy.ts';
import { Http1Pool } from './http1-pool.ts';
import { Http2Pool } from './http2-pool.ts';
import type { UpstreamPool } from './upstream-stream.ts';

/** The pools of all upstreams. */
export class Pools {
  readonly #pools = new Map<string, UpstreamPool>();
  /** The keys of the pools at each address and port, so that releasing one costs the same however many there are. */
  readonly #keysAt = new Map<string, Set<string>>();
  readonly #limits: Limits;
  readonly #clock: Clock;

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  of(upstream: Upstream): UpstreamPool {
    const known = this.#pools.get(upstream.key);
    if (known !== undefined && isAlike(known.upstream, upstream)) return known;
    if (known !== undefined) this.#remove(upstream.key, known);
    const Made = upstream.isHttp2 === true ? Http2Pool : Http1Pool;
    const pool = new Made(upstream, this.#limits, this.#clock);
    this.#pools.set(upstream.key, pool);
    const endpoint = endpointOf(upstream);
    const keys = this.#keysAt.get(endpoint);
    if (keys === undefined) this.#keysAt.set(endpoint, new Set([upstream.key]));
    else keys.add(upstream.key);
    return pool;
  }

  release(endpoint: Pick<Upstream, 'address' | 'port'>): void {
    for (const key of this.#keysAt.get(endpointOf(endpoint)) ?? []) {
      const pool = this.#pools.get(key);
      if (pool !== undefined) this.#remove(key, pool);
    }
  }

  /** Yields how many connections there are to each upstream, and how many of them are idle. */
  *sizes(): Iterable<readonly [key: string, { readonly open: number; readonly idle: number }]> {
    for (const [key, pool] of this.#pools) yield [key, pool.sizes];
  }

  sweep(now: number): void {
    for (const pool of this.#pools.values()) pool.sweep(now);
  }

  destroy(): void {
    for (const pool of this.#pools.values()) pool.destroy();
    this.#pools.clear();
    this.#keysAt.clear();
  }

  #remove(key: string, pool: UpstreamPool): void {
    this.#pools.delete(key);
    const endpoint = endpointOf(pool.upstream);
    const keys = this.#keysAt.get(endpoint);
    keys?.delete(key);
    if (keys?.size === 0) this.#keysAt.delete(endpoint);
    pool.release();
  }
}

function isAlike(one: Upstream, other: Upstream): boolean {
  return (
    one.port === other.port &&
    one.address === other.address &&
    (one.isHttp2 ?? false) === (other.isHttp2 ?? false) &&
    isSecuredAlike(one.tls, other.tls)
  );
}

function isSecuredAlike(one: UpstreamTls | undefined, other: UpstreamTls | undefined): boolean {
  if (one === other) return true;
  return (
    one !== undefined &&
    other !== undefined &&
    one.identity === other.identity &&
    one.servername === other.servername &&
    one.secureContext === other.secureContext
  );
}

function endpointOf({ address, port }: Pick<Upstream, 'address' | 'port'>): string {
  return `${address} ${port}`;
}
