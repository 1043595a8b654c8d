import type { BusUrl } from '../bus-url.ts';
import type { Connect } from '../connection.ts';
import { withDeadline } from '../deadline.ts';
import { NatsConnection } from './nats-connection.ts';

/** One that hangs leaves time for the next. */
const MAX_ANSWER_MS = 700;

/** Connects to any server of a NATS cluster: to another one each time, beginning with a random one. */
export function connectNats(url: BusUrl, random: () => number = Math.random): Connect {
  let next = Math.floor(random() * url.servers.length);
  return async (handlers, signal) => {
    let failure: unknown;
    for (const _ of url.servers) {
      const server = url.servers[next % url.servers.length] ?? url.servers[0];
      next += 1;
      try {
        return await withDeadline(MAX_ANSWER_MS, signal, (inTime) =>
          NatsConnection.open(url, server, handlers, inTime),
        );
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
}
