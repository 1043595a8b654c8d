import type { Change, Instance } from '@rollcall/client';
import { Groups, isDraining, newEntry } from '@rollcall/protocol';
import type { Entry } from '@rollcall/protocol';
import type { RoutingTable } from '../routing/routed-service.ts';

/** The part of a table that routing needs. */
export interface TableState {
  /** Includes prefixes whose instances have gone shortly before: their requests receive 503, not 404. */
  readonly prefixes: readonly string[];
  readonly instances: readonly Instance[];
}

/** A copy of a table that is kept up to date by its changes. The original decides the status of instances. */
export class Replica implements RoutingTable {
  readonly #entries = new Map<string, Entry>();
  readonly #groups = new Groups();

  constructor({ prefixes, instances }: TableState) {
    for (const prefix of prefixes) this.#groups.of(prefix);
    for (const instance of instances) this.#set(instance);
  }

  knows(prefix: string): boolean {
    return this.#groups.has(prefix);
  }

  prefixes(): readonly string[] {
    return this.#groups.prefixes();
  }

  routable(prefix: string): readonly Instance[] {
    return this.#groups.routable(prefix);
  }

  isDraining(key: string): boolean {
    const entry = this.#entries.get(key);
    return entry !== undefined && isDraining(entry);
  }

  apply({ type, instance }: Change): void {
    if (type === 'left' || type === 'forgotten') this.#remove(instance.key);
    else this.#set(instance);
  }

  /** A prefix without instances is not known any more. */
  forgetPrefix(prefix: string): void {
    this.#groups.forget(prefix);
  }

  #set({ key, announcement, since, status, isDrained = false, configuredAs }: Instance): void {
    this.#remove(key);
    // Nothing else: what an entry of the table has besides, such as its place in a list, is the table's own.
    const entry: Entry = { ...newEntry(key, announcement, since), status, isDrained, configuredAs };
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
