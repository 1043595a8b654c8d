import type { BusUrl } from '../bus-url.ts';
import type { Connect } from '../connection.ts';
import { findPrimary } from './find-primary.ts';
import { RedisConnection } from './redis-connection.ts';
import { VerifiedConnection } from './verified-connection.ts';

/** Connects to the primary that Sentinels name. */
export function connectSentinel(url: BusUrl): Connect {
  return async (handlers, signal) => {
    const primary = await findPrimary(url, signal);
    const name = `${primary.host}:${primary.port}`;
    const connection = await RedisConnection.open(url, primary, handlers, signal);
    try {
      // What is published at a replica reaches no other server.
      const role = await connection.role();
      if (role !== 'master') throw new Error(`${name}: it is no primary`);
    } catch (error) {
      await connection.destroy();
      throw error;
    }
    return new VerifiedConnection(connection, async (signal) => {
      // Without any Sentinel, the primary stays what it was.
      const { host, port } = await findPrimary(url, signal).catch(() => primary);
      if (`${host}:${port}` !== name) throw new Error(`${host}:${port} is the primary now`);
    });
  };
}
