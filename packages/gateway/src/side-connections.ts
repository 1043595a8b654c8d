import { maxClientConnections } from '@rollcall/proxy';

/**
 * Returns how many connections a port besides that of the data plane may have, so that all of them together leave most
 * descriptors of the process to the clients of instances.
 * @param max where there are plenty
 */
export function sideConnections(max: number): number {
  return Math.min(max, Math.ceil(maxClientConnections() / 16));
}
