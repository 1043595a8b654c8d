import type { Announcement, Change, Directory, Instance } from '@rollcall/client';
import { parsePrefix } from '@rollcall/protocol';
import { inWords } from '../traffic/instance-states.ts';
import type { InstanceStates, Standing } from '../traffic/instance-states.ts';
import type { Catalog, CatalogInstance, CatalogService } from './catalog.ts';
import { serviceNames } from './service-names.ts';

/** The part of a {@link Directory} that the catalog needs. */
export interface CatalogTable extends Pick<Directory, 'instances' | 'routable'> {
  on(event: 'change', listener: (change: Change) => void): unknown;
  on(event: 'connected' | 'disconnected', listener: () => void): unknown;
}

/** The catalog of a live table. */
export class TableCatalog implements Catalog {
  readonly #table: CatalogTable;
  readonly #states: InstanceStates;
  readonly #now: () => number;
  readonly #first: number;
  #index: number;
  #lostAt: number | undefined;
  /**
   * The name that the instances of each prefix agree on. A prefix keeps it when all its instances have left, because
   * the name must not come to mean another service.
   */
  readonly #announced = new Map<string, string | undefined>();
  #isRenamed = false;
  /** Prefixes that changed since the last update of the names, with the index of the change. */
  readonly #changed = new Map<string, number>();
  /** Names by prefix, and prefixes by name. */
  #names = new Map<string, string>();
  #prefixes = new Map<string, string>();
  /** The index of the last change, by name. */
  readonly #indexes = new Map<string, number>();
  readonly #waiting = new Set<() => void>();

  /**
   * @param states what requests to the instances show
   * @param now the time in milliseconds since 1970
   */
  constructor(table: CatalogTable, states: InstanceStates, now: () => number) {
    this.#table = table;
    this.#states = states;
    this.#now = now;
    // With fewer than a thousand changes a second, an index is above all those before a restart.
    this.#first = now();
    this.#index = this.#first;
    for (const instance of table.instances())
      if (isOfService(instance)) this.#touch(instance.announcement);
    const changed = (...announcements: readonly Announcement[]): void => {
      this.#index++;
      for (const each of announcements) this.#touch(each);
      for (const wake of this.#waiting) wake();
    };
    table.on('change', ({ instance, was }) => {
      if (isOfService(instance))
        changed(instance.announcement, ...(was === undefined ? [] : [was]));
    });
    states.listen(({ instance }) => {
      if (isOfService(instance)) changed(instance.announcement);
    });
    table.on('disconnected', () => (this.#lostAt = now()));
    table.on('connected', () => (this.#lostAt = undefined));
  }

  get index(): number {
    return this.#index;
  }

  get staleMs(): number {
    return this.#lostAt === undefined ? 0 : Math.max(0, this.#now() - this.#lostAt);
  }

  services(): CatalogService[] {
    this.#updateNames();
    return [...this.#prefixes.keys()].toSorted().flatMap((name) => this.service(name) ?? []);
  }

  service(name: string): CatalogService | undefined {
    this.#updateNames();
    const prefix = this.#prefixes.get(name);
    if (prefix === undefined) return undefined;
    const read = this.#states.read();
    const instances = this.#table
      .instances(prefix)
      .map((instance) => catalogued(instance, read(instance)));
    return { name, prefix, instances };
  }

  indexOf(name: string): number {
    this.#updateNames();
    return this.#indexes.get(name) ?? this.#first;
  }

  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      if (signal.aborted) wake();
      else signal.addEventListener('abort', wake);
    });
  }

  #touch({ prefix, name }: Announcement): void {
    this.#changed.set(prefix, this.#index);
    if (this.#announced.has(prefix)) return;
    this.#announced.set(prefix, name);
    this.#isRenamed = true;
  }

  /** Updates the names only when they are read, because changes come in bursts of thousands. */
  #updateNames(): void {
    if (this.#changed.size === 0) return;
    for (const prefix of this.#changed.keys()) {
      const instances = this.#table.instances(prefix);
      if (instances.length === 0) continue;
      const name = commonName(instances);
      this.#isRenamed ||= this.#announced.get(prefix) !== name;
      this.#announced.set(prefix, name);
    }
    if (this.#isRenamed) this.#rename();
    for (const [prefix, index] of this.#changed) {
      const name = this.#names.get(prefix);
      if (name !== undefined) this.#raise(name, index);
    }
    this.#changed.clear();
  }

  #rename(): void {
    this.#isRenamed = false;
    const before = this.#prefixes;
    this.#names = serviceNames(this.#announced);
    this.#prefixes = new Map([...this.#names].map(([prefix, name]) => [name, prefix]));
    for (const name of [...before.keys(), ...this.#prefixes.keys()])
      if (before.get(name) !== this.#prefixes.get(name)) this.#raise(name, this.#index);
  }

  #raise(name: string, index: number): void {
    this.#indexes.set(name, Math.max(index, this.#indexes.get(name) ?? 0));
  }
}

/** What takes the place of announced instances for a route is this gateway's own business: its name is no prefix. */
function isOfService({ configuredAs, announcement: { prefix } }: Instance): boolean {
  return configuredAs === undefined || parsePrefix(prefix).ok;
}

function commonName(instances: readonly Instance[]): string | undefined {
  const name = instances[0]?.announcement.name;
  return instances.every(({ announcement }) => announcement.name === name) ? name : undefined;
}

function catalogued(
  { key, announcement }: Instance,
  { state, isRoutable, ejection }: Standing,
): CatalogInstance {
  const health = isRoutable ? 'passing' : state === 'suspect' ? 'warning' : 'critical';
  return {
    id: key,
    announcement,
    health,
    state,
    ...(ejection !== undefined && { ejection: inWords(ejection) }),
  };
}
