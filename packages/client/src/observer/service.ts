import type { Announcement } from '@rollcall/protocol';
import type { Directory } from './directory.ts';
import { WeightedRoundRobin } from './weighted-round-robin.ts';

/** An instance to send a request to. */
export interface Picked {
  /** Identifies the instance, for {@link Service.reportOutcome}. */
  readonly key: string;
  /** What the instance announced. */
  readonly announcement: Announcement;
  /** Such as `http://10.0.0.7:3000`. */
  readonly url: string;
}

/** The instances of one prefix, for a program that calls them itself. Made by `discover('/v2')`. */
export class Service {
  readonly #directory: Directory;
  readonly #prefix: string;
  readonly #turns = new WeightedRoundRobin();

  constructor(directory: Directory, prefix: string) {
    this.#directory = directory;
    this.#prefix = prefix;
  }

  /**
   * Whose turn it is, as a gateway would choose: in proportion to weight among those that are up; if none
   * is, among those in doubt. Nothing if there is no instance to send to.
   */
  pick(): Picked | undefined {
    const instance = this.#turns.next(this.#prefix, this.#directory.routable(this.#prefix));
    if (instance === undefined) return undefined;
    const { key, announcement } = instance;
    const { scheme = 'http', address, port } = announcement;
    const host = address.includes(':') ? `[${address}]` : address;
    return { key, announcement, url: `${scheme}://${host}:${port}` };
  }

  /**
   * Tells what came of a request: after `refused`, no connection being possible, the instance is not picked
   * until it has answered a probe.
   */
  reportOutcome({ key }: Picked, verdict: 'ok' | 'refused' | 'failed'): void {
    this.#directory.reportOutcome(key, verdict);
  }

  /** Stops listening to the channel. */
  close(): void {
    this.#directory.close();
  }
}
