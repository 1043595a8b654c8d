import { urlHost } from '@rollcall/protocol';
import type { Announcement } from '@rollcall/protocol';
import type { InstanceTlsOptions } from '@rollcall/runtime';
import type { Directory } from './directory.ts';
import { WeightedRoundRobin } from './weighted-round-robin.ts';

/** An instance that was chosen for a request. */
export interface Picked {
  /** Identifies the instance, for {@link Service.reportOutcome}. */
  readonly key: string;
  /** What the instance announced. */
  readonly announcement: Announcement;
  /** Its base URL, such as `http://10.0.0.7:3000`. The prefix is not included. */
  readonly url: string;
  /**
   * How the connection is secured, as options of Node's `https.request`, so that it fails unless the certificate proves who
   * the instance is. Undefined if the instance does not speak TLS.
   */
  readonly tls?: InstanceTlsOptions;
}

/** The instances of one prefix, for a program that calls them without a gateway. Made by `discover('/v2')`. */
export class Service {
  readonly #directory: Directory;
  readonly #prefix: string;
  readonly #roundRobin = new WeightedRoundRobin();

  constructor(directory: Directory, prefix: string) {
    this.#directory = directory;
    this.#prefix = prefix;
  }

  /**
   * The next instance, in proportion to weight: one of the healthy instances, or of the suspect ones if none is
   * healthy. Returns undefined if no instance receives traffic.
   *
   * @example
   * const picked = orders.pick();
   * if (picked !== undefined) await fetch(`${picked.url}/orders`);
   */
  pick(): Picked | undefined {
    const instance = this.#roundRobin.next(this.#directory.routable(this.#prefix));
    if (instance === undefined) return undefined;
    const { key, announcement } = instance;
    const { scheme = 'http', address, port } = announcement;
    const tls = this.#directory.tlsFor(announcement);
    const url = `${scheme}://${urlHost(address)}:${port}`;
    return { key, announcement, url, ...(tls !== undefined && { tls }) };
  }

  /**
   * Reports how a request ended. After `refused`, when no connection was possible, the instance is not picked until
   * it has passed a probe. `failed` counts as a failed probe, and `ok` as one that succeeded.
   */
  reportOutcome({ key }: Picked, verdict: 'ok' | 'refused' | 'failed'): void {
    this.#directory.reportOutcome(key, verdict);
  }

  /** Disconnects from the broker. */
  close(): void {
    this.#directory.close();
  }
}
