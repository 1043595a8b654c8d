import type { Labels } from './metrics-registry.ts';

/** Counts rare events by their labels. */
export class LabelCounter {
  readonly #counts = new Map<string, [Labels, number]>();

  add(labels: Labels): void {
    const name = Object.values(labels).join(' ');
    const entry = this.#counts.get(name);
    if (entry === undefined) this.#counts.set(name, [labels, 1]);
    else entry[1]++;
  }

  [Symbol.iterator](): Iterator<readonly [Labels, number]> {
    return this.#counts.values();
  }
}
