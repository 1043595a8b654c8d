import { hashOf } from './hash.ts';

/**
 * Returns the node of some that is responsible for a key: the one with the highest hash of both (rendezvous hashing), so that
 * all nodes agree, and the keys of a node that is gone spread over the others.
 */
export function responsibleFor(key: string, nodes: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestHash = -1;
  for (const node of nodes) {
    const hash = hashOf(node, key);
    if (hash > bestHash || (hash === bestHash && best !== undefined && node > best)) {
      best = node;
      bestHash = hash;
    }
  }
  return best;
}
