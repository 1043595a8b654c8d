import type { Instance } from '@rollcall/client';

interface Point {
  readonly at: number;
  readonly instance: Instance;
}

/** More probes spread keys more evenly: with 21, the fullest instance has about 1.05 of its share (Appleton and O'Reilly, 2015). */
const PROBES = 21;

/**
 * Consistent hashing with several probes and one point per unit of weight. A key stays with its instance for as long as
 * that is there, and only the keys of an instance that leaves move.
 */
export class HashRing {
  readonly #points: readonly Point[];

  constructor(instances: readonly Instance[]) {
    this.#points = instances.flatMap(pointsOf).toSorted((a, b) => a.at - b.at);
  }

  /** Returns the instances for a key, the nearest first: the others replace it if it is not eligible. */
  *of(key: string): Iterable<Instance> {
    const { length } = this.#points;
    if (length === 0) return;
    const first = this.#nearest(hashOf(key));
    for (let step = 0; step < length; step++) {
      const point = this.#points[(first + step) % length];
      if (point !== undefined) yield point.instance;
    }
  }

  #nearest(hash: number): number {
    let [best, distance] = [0, Infinity];
    for (let probe = 0; probe < PROBES; probe++) {
      const at = mix(hash + Math.imul(probe, 0x9e_37_79_b9));
      const index = this.#successor(at);
      const gap = ((this.#points[index]?.at ?? 0) - at) >>> 0;
      if (gap < distance) [best, distance] = [index, gap];
    }
    return best;
  }

  /** Returns the first point at or after a position on the ring. */
  #successor(at: number): number {
    let [low, high] = [0, this.#points.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#points[middle]?.at ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return low === this.#points.length ? 0 : low;
  }
}

function pointsOf(instance: Instance): Point[] {
  const { weight = 1 } = instance.announcement;
  return Array.from({ length: weight }, (_each, index) => ({
    at: hashOf(`${instance.key} ${index}`),
    instance,
  }));
}

/** FNV-1a with a final mix: without it, keys that differ only at their end have nearly the same high bits. */
export function hashOf(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93);
  }
  return mix(hash);
}

/** The finalizer of MurmurHash3. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
