import type { Clock } from '../clock.ts';
import type { Limits } from '../limits.ts';
import type { Upstream, UpstreamTls } from '../proxy.ts';
import { Http1Pool } from './http1-pool.ts';
import { Http2Pool } from './http2-pool.ts';
import type { UpstreamPool } from './upstream-stream.ts';

/** The pools of all upstreams. */
export class Pools {
  readonly #pools = new Map<string, UpstreamPool>();
  readonly #limits: Limits;
  readonly #clock: Clock;

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  of(upstream: Upstream): UpstreamPool {
    const known = this.#pools.get(upstream.key);
    if (known !== undefined && isAlike(known.upstream, upstream)) return known;
    known?.release();
    const Made = upstream.isHttp2 === true ? Http2Pool : Http1Pool;
    const pool = new Made(upstream, this.#limits, this.#clock);
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

function isAt(
  upstream: Pick<Upstream, 'address' | 'port'>,
  { address, port }: Pick<Upstream, 'address' | 'port'>,
): boolean {
  return upstream.port === port && upstream.address === address;
}
