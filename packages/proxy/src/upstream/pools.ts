import type { Clock } from '../clock.ts';
import type { Limits } from '../limits.ts';
import type { Upstream } from '../proxy.ts';
import type { Dialer } from './dialer.ts';
import { Http1Pool } from './http1-pool.ts';
import { Http2Pool } from './http2-pool.ts';
import type { UpstreamPool } from './upstream-stream.ts';

/** The pools of all upstreams. */
export class Pools {
  readonly #pools = new Map<string, UpstreamPool>();
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #dialer: Dialer;

  constructor(limits: Limits, clock: Clock, dialer: Dialer) {
    this.#limits = limits;
    this.#clock = clock;
    this.#dialer = dialer;
  }

  of(upstream: Upstream): UpstreamPool {
    const known = this.#pools.get(upstream.key);
    if (known !== undefined && isAlike(known.upstream, upstream)) return known;
    known?.release();
    const Made = upstream.isHttp2 === true ? Http2Pool : Http1Pool;
    const pool = new Made(upstream, this.#limits, this.#clock, this.#dialer);
    this.#pools.set(upstream.key, pool);
    return pool;
  }

  release(endpoint: Pick<Upstream, 'address' | 'port'>): void {
    for (const [key, pool] of this.#pools) {
      if (!isAt(pool.upstream, endpoint)) continue;
      this.#pools.delete(key);
      pool.release();
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
  }
}

function isAlike(one: Upstream, other: Upstream): boolean {
  return (
    isAt(one, other) &&
    (one.isSecure ?? false) === (other.isSecure ?? false) &&
    (one.isHttp2 ?? false) === (other.isHttp2 ?? false) &&
    one.serverName === other.serverName
  );
}

function isAt(
  upstream: Pick<Upstream, 'address' | 'port'>,
  { address, port }: Pick<Upstream, 'address' | 'port'>,
): boolean {
  return upstream.port === port && upstream.address === address;
}
