import type { Bus, BusHandlers } from './bus.ts';
import type { BusUrl } from './bus-url.ts';
import type { Connect } from './connection.ts';
import { ReconnectingBus } from './reconnecting-bus.ts';

/**
 * Opens the bus of one node. It connects in the background, and reports the link to its handlers.
 * What an engine needs is loaded only if it is configured.
 */
export async function openBus(url: BusUrl, handlers: BusHandlers): Promise<Bus> {
  return new ReconnectingBus(await connector(url), handlers);
}

async function connector(url: BusUrl): Promise<Connect> {
  switch (url.engine) {
    case 'redis':
      return (await import('./redis/connect-redis.ts')).connectRedis(url);
    case 'redis+sentinel':
      return (await import('./redis/connect-sentinel.ts')).connectSentinel(url);
    case 'redis+cluster':
      return (await import('./redis/connect-cluster.ts')).connectCluster(url);
    case 'nats':
      return (await import('./nats/connect-nats.ts')).connectNats(url);
  }
}
