import type { Server } from 'node:net';
import { ConnectionLimiter, maxClientConnections } from '@rollcall/proxy';

/**
 * Limits the connections of a port that serves no traffic for instances, such as that of the admin API, in all and per
 * client. All such ports together leave most file descriptors of the process to the data plane. Call it when the server has
 * its listeners.
 * @param max the maximum when the process has plenty of descriptors
 */
export function limitSideConnections(server: Server, max: number): void {
  const maxConnections = Math.min(max, Math.ceil(maxClientConnections() / 16));
  new ConnectionLimiter({ maxConnections }).guard(server);
}
