import type { Clock } from '../clock.ts';
import type { Dialer } from './dialer.ts';
import type { Upstream } from '../proxy.ts';
import type { Limits } from '../limits.ts';
import { UpstreamConnection } from './upstream-connection.ts';
import type { ConnectionOwner } from './upstream-connection.ts';

/** The connections to one upstream. */
export class Pool implements ConnectionOwner {
  readonly upstream: Upstream;
  /** As a Host. */
  readonly authority: string;
  /** Connections without a request, the one used last at the end. */
  readonly #idle: UpstreamConnection[] = [];
  readonly #open = new Set<UpstreamConnection>();
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #dialer: Dialer;
  #isReleased = false;

  constructor(upstream: Upstream, limits: Limits, clock: Clock, dialer: Dialer) {
    const { address, port } = upstream;
    this.upstream = upstream;
    this.authority = `${address.includes(':') ? `[${address}]` : address}:${port}`;
    this.#limits = limits;
    this.#clock = clock;
    this.#dialer = dialer;
  }

  /** Returns the idle connection used last, so that unneeded ones reach their idle limit and close; or a new one. */
  take(): UpstreamConnection {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      // One that has failed is removed a moment later, when it has closed.
      if (!last.isDestroyed) return last;
    }
    return this.open();
  }

  open(): UpstreamConnection {
    const connection = new UpstreamConnection(this, this.#limits, this.#clock, this.#dialer);
    this.#open.add(connection);
    return connection;
  }

  put(connection: UpstreamConnection): void {
    const isFull = this.#idle.length >= this.#limits.idlePerInstance;
    if (this.#isReleased || isFull) connection.destroy();
    else this.#idle.push(connection);
  }

  /** Removes a connection that is closed. */
  forget(connection: UpstreamConnection): void {
    this.#open.delete(connection);
    const index = this.#idle.lastIndexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
  }

  /** Closes what has been idle for too long. */
  sweep(now: number): void {
    for (const connection of this.#idle.filter(({ expires }) => expires <= now))
      connection.destroy();
  }

  /** Closes what is idle, and the others when they become so. */
  release(): void {
    this.#isReleased = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  get sizes(): { readonly open: number; readonly idle: number } {
    return { open: this.#open.size, idle: this.#idle.length };
  }

  destroy(): void {
    for (const connection of this.#open) connection.destroy();
  }
}

/** The pools of all upstreams. */
export class Pools {
  readonly #pools = new Map<string, Pool>();
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #dialer: Dialer;

  constructor(limits: Limits, clock: Clock, dialer: Dialer) {
    this.#limits = limits;
    this.#clock = clock;
    this.#dialer = dialer;
  }

  of(upstream: Upstream): Pool {
    const known = this.#pools.get(upstream.key);
    if (known !== undefined && isAlike(known.upstream, upstream)) return known;
    known?.release();
    const pool = new Pool(upstream, this.#limits, this.#clock, this.#dialer);
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
    one.serverName === other.serverName
  );
}

function isAt(
  upstream: Pick<Upstream, 'address' | 'port'>,
  { address, port }: Pick<Upstream, 'address' | 'port'>,
): boolean {
  return upstream.port === port && upstream.address === address;
}
