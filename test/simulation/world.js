/** Virtual time: scheduled actions, in order. Actions of one time run in the order in which they were scheduled. */
export class World {
  now = 0;
  /** @type {{ at: number, order: number, act: () => void }[]} a binary heap */
  #heap = [];
  #order = 0;

  /**
   * @param {number} delay milliseconds
   * @param {() => void} act
   */
  after(delay, act) {
    this.#push({ at: this.now + delay, order: this.#order++, act });
  }

  /** @param {number} until */
  run(until) {
    for (let next = this.#heap[0]; next !== undefined && next.at <= until; next = this.#heap[0]) {
      this.#pop();
      this.now = next.at;
      next.act();
    }
    this.now = until;
  }

  /** @param {{ at: number, order: number, act: () => void }} item */
  #push(item) {
    const heap = this.#heap;
    let at = heap.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #pop() {
    const heap = this.#heap;
    this.#swap(0, heap.length - 1);
    heap.pop();
    for (let at = 0; ;) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && this.#isBefore(child, first)) first = child;
      }
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  /**
   * @param {number} a
   * @param {number} b
   */
  #isBefore(a, b) {
    const [one, two] = [this.#heap[a], this.#heap[b]];
    if (one === undefined || two === undefined) return false;
    return one.at < two.at || (one.at === two.at && one.order < two.order);
  }

  /**
   * @param {number} a
   * @param {number} b
   */
  #swap(a, b) {
    const [one, two] = [this.#heap[a], this.#heap[b]];
    if (one === undefined || two === undefined) return;
    this.#heap[a] = two;
    this.#heap[b] = one;
  }
}
