import type { Bus, BusHandlers } from './bus.ts';
import type { BusUrl } from './bus-url.ts';
import type { Connect } from './connection.ts';
import { ReconnectingBus } from './reconnecting-bus.ts';

/** Returns what opens the bus of one node. It connects in the background. What an engine needs is loaded only if it is configured. */
export async function busAt(url: BusUrl): Promise<(handlers: BusHandlers) => Bus> {
  const connect = await connector(url);
  return (handlers) => new ReconnectingBus(connect, handlers);
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
