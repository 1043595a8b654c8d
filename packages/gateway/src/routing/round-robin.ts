/** Takes turns per key. The turn survives changes of the list: it is an index into whatever is there. */
export class RoundRobin {
  readonly #next = new Map<string, number>();

  /** The list from the one whose turn it is, each once: the first is the pick, the others stand in for it. */
  order<T>(key: string, list: readonly T[]): readonly T[] {
    if (list.length < 2) return list;
    const start = (this.#next.get(key) ?? 0) % list.length;
    this.#next.set(key, start + 1);
    return [...list.slice(start), ...list.slice(0, start)];
  }
}
