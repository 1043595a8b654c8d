import { urlHost } from '@rollcall/client';
import type { Change, Directory, Instance } from '@rollcall/client';
import type { InstanceView, Views } from './views.ts';

/** Something that happened to the table or to the gateway's own link, as the admin API tells it. */
export interface Happening {
  /** Counts up by one while the gateway runs. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly what:
    | Change['type']
    | 'conflict'
    | 'mass-suspicion'
    | 'refused'
    | 'connected'
    | 'disconnected'
    | 'rejected'
    | 'fault';
  readonly why: string;
  /** As it is after that; nothing if it is about no instance. */
  readonly instance?: InstanceView;
}

type Listener = (happening: Happening) => void;

const KEPT = 200;

/** Numbers what happens, keeps the latest, and tells whoever listens. */
export class Feed {
  readonly #views: Pick<Views, 'instance'>;
  readonly #now: () => number;
  readonly #recent: Happening[] = [];
  readonly #listeners = new Set<Listener>();
  #id = 0;

  /** @param now milliseconds since 1970 */
  constructor(directory: Pick<Directory, 'on'>, views: Pick<Views, 'instance'>, now: () => number) {
    this.#views = views;
    this.#now = now;
    directory.on('change', ({ type, why, instance }) => this.#tell(type, why, instance));
    directory.on('conflict', (instance, { address, port }) =>
      this.#tell('conflict', `${urlHost(address)}:${port} uses the same id`, instance),
    );
    directory.on('stale', (prefix, instances) =>
      this.#tell(
        'mass-suspicion',
        `${instances} instances of ${prefix || '/'} were lost sight of at once: taken for a fault of our own link until probes show otherwise`,
      ),
    );
    directory.on('refused', (event, { code, reason }) =>
      this.#tell('refused', `${event} (${code}): ${reason}`),
    );
    directory.on('connected', () => this.#tell('connected', 'hearing the channel again'));
    directory.on('disconnected', () =>
      this.#tell('disconnected', 'lost the broker: routing by the last known table'),
    );
    directory.on('rejected', (reason) =>
      this.#tell('rejected', `the broker refuses us: ${reason}`),
    );
    directory.on('fault', ({ message }) => this.#tell('fault', message));
  }

  /** The number of the latest. */
  get latest(): number {
    return this.#id;
  }

  /** The latest last. */
  get recent(): readonly Happening[] {
    return this.#recent;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** @returns what ends it */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(what: Happening['what'], why: string, instance?: Instance): void {
    const isGone = what === 'left' || what === 'forgotten';
    const view =
      instance === undefined ? {} : { instance: this.#views.instance(instance, !isGone) };
    const happening = { id: ++this.#id, at: this.#now(), what, why, ...view };
    this.#recent.push(happening);
    if (this.#recent.length > KEPT) this.#recent.shift();
    for (const listener of this.#listeners) listener(happening);
  }
}
