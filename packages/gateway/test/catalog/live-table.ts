import { EventEmitter } from 'node:events';
import type { Change } from '@rollcall/client';
import { isChange, Table } from '@rollcall/protocol';
import type { Effect, Instance, Verdict } from '@rollcall/protocol';
import { InstanceStates } from '../../src/traffic/instance-states.ts';
import { TableCatalog } from '../../src/catalog/table-catalog.ts';
import type { CatalogTable } from '../../src/catalog/table-catalog.ts';

interface Events {
  change: [Change];
  connected: [];
  disconnected: [];
}

/** The catalog of a table whose instances receive no requests. @param now milliseconds since 1970 */
export function catalogOf(table: CatalogTable, now: () => number): TableCatalog {
  return new TableCatalog(table, statesOf(table), now);
}

/** What is shown of the instances of a table that receive no requests. */
export function statesOf(directory: Pick<CatalogTable, 'instances' | 'routable'>): InstanceStates {
  const { instances, routable } = directory;
  return new InstanceStates({
    directory: {
      instances: instances.bind(directory),
      routable: routable.bind(directory),
      on: () => undefined,
    },
    now: () => 0,
    epoch: () => 0,
  });
}

/** The table of production, fed by the test. Nothing in it happens by itself. */
export class LiveTable extends EventEmitter<Events> implements CatalogTable {
  readonly #table = new Table({ probes: 'always' });
  readonly #seq = new Map<string, number>();

  instances = (prefix?: string): readonly Instance[] =>
    prefix === undefined ? this.#table.all() : this.#table.instances(prefix);

  routable = (prefix: string): readonly Instance[] => this.#table.routable(prefix);

  /** An instance announces itself, or something else than before. */
  say(id: string, fields: object = {}): void {
    const seq = (this.#seq.get(id) ?? 0) + 1;
    this.#seq.set(id, seq);
    const place = { prefix: '/v1', address: '10.0.0.1', port: 80, id, inc: 1, seq, ...fields };
    this.#emit(
      this.#table.apply({ type: 'received', statement: { announcement: place, left: false } }, 0),
    );
  }

  leave(id: string): void {
    const announcement = this.#table.get(id)?.announcement;
    if (announcement === undefined) throw new Error(`there is no ${id}`);
    this.#emit(this.#table.apply({ type: 'received', statement: { announcement, left: true } }, 0));
  }

  probed(key: string, verdict: Verdict): void {
    this.#emit(this.#table.apply({ type: 'probed', key, verdict, by: 'probe' }, 0));
  }

  /** An operator has it sent nothing new. */
  drain(key: string): void {
    this.#emit(this.#table.apply({ type: 'drained', key }, 0));
  }

  /** The transport has lost sight of it. */
  part(id: string): void {
    this.#emit(this.#table.apply({ type: 'departed', id, inc: 1 }, 0));
  }

  #emit(effects: readonly Effect[]): void {
    for (const effect of effects) if (isChange(effect)) this.emit('change', effect);
  }
}
