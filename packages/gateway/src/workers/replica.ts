import type { Change, Instance } from '@rollcall/client';
import { Groups, newEntry } from '@rollcall/protocol';
import type { Entry } from '@rollcall/protocol';
import type { Instances } from '../routing/router.ts';

/** A whole table, as far as routing needs it. */
export interface TableState {
  /** Those of which all instances have left too: a request for one is not for nobody, but for nobody now. */
  readonly prefixes: readonly string[];
  readonly instances: readonly Instance[];
}

/** A table that follows another, change by change. What an instance's status is, that other decides. */
export class Replica implements Instances {
  readonly #entries = new Map<string, Entry>();
  readonly #groups = new Groups();

  constructor({ prefixes, instances }: TableState) {
    for (const prefix of prefixes) this.#groups.of(prefix);
    for (const instance of instances) this.#set(instance);
  }

  knows(prefix: string): boolean {
    return this.#groups.has(prefix);
  }

  routable(prefix: string): readonly Instance[] {
    return this.#groups.routable(prefix);
  }

  apply({ type, instance }: Change): void {
    if (type === 'left' || type === 'forgotten') this.#remove(instance.key);
    else this.#set(instance);
  }

  #set(instance: Instance): void {
    const { key, announcement, since } = instance;
    this.#remove(key);
    const entry: Entry = { ...newEntry(key, announcement, since), ...instance };
    this.#entries.set(key, entry);
    this.#groups.of(announcement.prefix).add(entry);
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#groups.of(entry.announcement.prefix).remove(entry);
  }
}
