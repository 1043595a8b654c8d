import type { Clock } from '../clock.ts';
import { authorityOf } from './authority.ts';
import type { Upstream } from '../proxy.ts';
import type { Limits } from '../limits.ts';
import { UpstreamConnection } from './upstream-connection.ts';
import type { ConnectionOwner } from './upstream-connection.ts';
import type { UpstreamPool } from './upstream-stream.ts';

/** The connections to one upstream by HTTP/1.1. */
export class Http1Pool implements UpstreamPool, ConnectionOwner {
  readonly upstream: Upstream;
  /** As a Host. */
  readonly authority: string;
  /** Connections without a request, the one used last at the end. */
  readonly #idle: UpstreamConnection[] = [];
  readonly #open = new Set<UpstreamConnection>();
  readonly #limits: Limits;
  readonly #clock: Clock;
  #isReleased = false;

  constructor(upstream: Upstream, limits: Limits, clock: Clock) {
    this.upstream = upstream;
    this.authority = authorityOf(upstream);
    this.#limits = limits;
    this.#clock = clock;
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
    const connection = new UpstreamConnection(this, this.#limits, this.#clock);
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
