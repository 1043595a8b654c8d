import { maxClientConnections } from '@rollcall/proxy';

/**
 * Returns the maximum connections of a port that serves no traffic for instances, such as that of the admin API. All such
 * ports together leave most file descriptors of the process to the data plane.
 * @param max the maximum when the process has plenty of descriptors
 */
export function sideConnections(max: number): number {
  return Math.min(max, Math.ceil(maxClientConnections() / 16));
}
