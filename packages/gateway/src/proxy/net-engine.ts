import { createServer } from 'node:net';
import { addressRanges, RollcallError } from '@rollcall/protocol';
import { ClientConnection } from './client-connection.ts';
import { Clock } from './clock.ts';
import type { Context } from './context.ts';
import { direct } from './direct-read.ts';
import type { ClientSocket, Engine, EngineOptions } from './engine.ts';
import { LIMITS } from './limits.ts';
import { listenOn } from './listen.ts';
import { Pools } from './pool.ts';
import { RequestIds } from './request-ids.ts';

/**
 * An engine on the sockets of `node:net`: HTTP/1.1 is read and written here, for forwarding alone.
 * @throws RollcallError ROLLCALL_CONFIG if a range of trusted proxies is none
 */
export function createEngine({ limits, trustedProxies = [], ...options }: EngineOptions): Engine {
  const isTrusted = addressRanges(trustedProxies);
  if (typeof isTrusted === 'string') throw new RollcallError('ROLLCALL_CONFIG', isTrusted);
  const clients = new Set<ClientConnection>();
  const perAddress = new Map<string, number>();
  const clock = new Clock((now) => {
    for (const client of clients) client.check(now);
    context.pools.sweep(now);
  });
  const ownLimits = { ...LIMITS, ...limits };
  const context: Context = {
    ...options,
    limits: ownLimits,
    isTrusted,
    clock,
    pools: new Pools(ownLimits, clock),
    requestIds: new RequestIds(),
    isClosing: false,
  };
  // Half open, so that a side that has ended can still be answered, or its tunnel go on the other way.
  const serverOptions = { noDelay: true, allowHalfOpen: true, pauseOnConnect: true };
  const server = createServer(serverOptions, (socket) => serve(direct(socket)));
  let onLastClosed: (() => void) | undefined;

  function serve(socket: ClientSocket): void {
    const address = socket.remoteAddress ?? '';
    const count = (perAddress.get(address) ?? 0) + 1;
    // One may have been on its way in when the engine closed.
    if (context.isClosing || count > ownLimits.connectionsPerAddress) {
      socket.destroy();
      return;
    }
    perAddress.set(address, count);
    const client = new ClientConnection(socket, context);
    clients.add(client);
    socket.once('close', () => {
      clients.delete(client);
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
      if (clients.size === 0) onLastClosed?.();
    });
  }

  async function close(graceMs: number): Promise<void> {
    await closeServer(graceMs);
    context.pools.destroy();
    clock.stop();
  }

  async function closeServer(graceMs: number): Promise<void> {
    const cut = setTimeout(() => {
      for (const client of clients) client.cut();
    }, graceMs);
    const closed = new Promise((resolve) => server.close(resolve));
    context.isClosing = true;
    for (const client of clients) client.closeIfIdle();
    await closed;
    if (clients.size > 0) await new Promise<void>((resolve) => (onLastClosed = resolve));
    clearTimeout(cut);
  }

  return {
    listen: (port, host) => listenOn(server, port, host),
    serve,
    release: (place) => context.pools.release(place),
    close,
  };
}
