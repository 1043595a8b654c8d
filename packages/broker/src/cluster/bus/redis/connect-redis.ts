import type { BusUrl } from '../bus-url.ts';
import type { Connect } from '../connection.ts';
import { RedisConnection } from './redis-connection.ts';

/** Connects to one Redis server. */
export function connectRedis(url: BusUrl): Connect {
  return (handlers, signal) => RedisConnection.open(url, url.servers[0], handlers, signal);
}
