import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client } from './downstream/client.ts';
import { Clients } from './downstream/clients.ts';
import { ConnectionLimiter } from './downstream/connection-limiter.ts';
import { Http1Connection } from './downstream/http1-connection.ts';
import { Http2Connection } from './downstream/http2-connection.ts';
import { IdleClients } from './downstream/idle-clients.ts';
import { MemoryLimiter } from './downstream/memory-limiter.ts';
import { NewConnection } from './downstream/new-connection.ts';
import type { HttpVersion } from './downstream/new-connection.ts';
import { maxClientConnections } from './downstream/open-files.ts';
import { TickingClock } from './clock.ts';
import type { Context } from './context.ts';
import { passHandles } from './node-internals.ts';
import { DirectSocket } from './sockets/direct-socket.ts';
import type {
  ClientSocket,
  ReverseProxy,
  ProxyOptions,
  ProxySettings,
  ListenAddress,
} from './proxy.ts';
import { LIMITS } from './limits.ts';
import { Mirrors } from './mirror/mirrors.ts';
import { Pools } from './upstream/pools.ts';
import { RequestIds } from './exchange/request-ids.ts';
import { Underscores } from './http1/underscores.ts';
import { checkTls, createTlsFront } from './downstream/tls-front.ts';

/** Below the 10 s after which Docker kills. */
const DEFAULT_GRACE_MS = 8000;

/**
 * Creates a reverse proxy for HTTP/1.1 and HTTP/2. It serves nothing before `listen` or `serve` is called.
 * @throws ProxyError ERR_PROXY_CERTIFICATE
 */
export function createProxy(options: ProxyOptions): ReverseProxy {
  const {
    limits,
    isTrustedProxy = trustNone,
    tls: tlsSettings,
    pseudonym = `proxy-${randomBytes(8).toString('hex')}`,
    via = true,
    underscoresInHeaders = false,
    ...others
  } = options;
  // Before anything is started.
  if (tlsSettings !== undefined) checkTls(tlsSettings);
  const clients = new Clients();
  const clock = new TickingClock((now) => {
    for (const client of clients) client.check(now);
    heavyClients += memory.enforce(ownLimits.heldBytes);
    tls?.check(now);
    context.pools.sweep(now);
    context.mirrors.check(now);
  });
  const ownLimits = { ...LIMITS, ...limits };
  const maxClients = maxClientConnections() / 2;
  let shedClients = 0;
  let heavyClients = 0;
  let faultyClients = 0;
  const maxConnections = (): number => Math.floor(Math.min(ownLimits.connections, maxClients));
  const limiter = new ConnectionLimiter(
    {
      get maxConnections() {
        return maxConnections();
      },
      get maxPerClient() {
        return ownLimits.connectionsPerAddress;
      },
    },
    () => shedClients++,
  );
  const underscores = new Underscores(underscoresInHeaders, options.onFieldDropped);
  const idleClients = new IdleClients(clients);
  const memory = new MemoryLimiter(clients);
  const pools = new Pools(ownLimits, clock);
  const context: Context = {
    ...others,
    onInternalError: options.onInternalError ?? ((error) => process.emitWarning(error)),
    pseudonym,
    via: via ? pseudonym : '',
    underscores,
    limits: ownLimits,
    isTrustedProxy,
    clock,
    pools,
    mirrors: new Mirrors(
      pools,
      clock,
      ownLimits,
      () => maxClients - limiter.open - context.http2Streams.open,
    ),
    requestIds: new RequestIds(),
    http2Streams: {
      open: 0,
      get max() {
        return maxConnections();
      },
    },
    onFaultyClient: () => faultyClients++,
    isClosing: false,
  };
  // Half open, so that a client that has ended its side can still be answered, and a tunnel go on the other way. Under
  // TLS the connection becomes so after its handshake: a client that ends during it has left.
  const allowHalfOpen = tlsSettings === undefined;
  const serverOptions = { noDelay: true, allowHalfOpen, pauseOnConnect: true };
  const server = createServer(serverOptions, accept);
  const plainServer = createServer({ ...serverOptions, allowHalfOpen: true }, acceptPlain);
  const tls =
    tlsSettings &&
    createTlsFront(tlsSettings, { limits: ownLimits, clock }, (socket, raw) => begin(socket, raw));

  function accept(accepted: Socket): void {
    if (tls === undefined) acceptPlain(accepted);
    else if (admit(accepted)) tls.accept(accepted);
  }

  function acceptPlain(accepted: Socket): void {
    if (admit(accepted)) begin(accepted.resume(), accepted);
  }

  /** Listens for what needs no handshake. Its sockets are read without a stream where they can be. */
  async function listenPlain(on: Server, port: number, host: string): Promise<ListenAddress> {
    const address = await listenOn(on, port, host);
    passHandles(on, (handle) => {
      const socket = new DirectSocket(handle, address.port);
      if (admit(socket)) begin(socket, socket);
    });
    return address;
  }

  /** Counts a connection, and returns whether it may stay. */
  function admit(raw: ClientSocket): boolean {
    if (context.isClosing) {
      // It was on its way in when the proxy closed.
      raw.destroy();
      return false;
    }
    if (limiter.isNearlyFull) shedClients += idleClients.closeSome();
    return limiter.admit(raw);
  }

  /**
   * Serves a connection by the version that was agreed on by TLS, or that its first bytes show.
   * @param raw what carries it: itself, or the one under a secure one
   */
  function begin(socket: ClientSocket, raw: Duplex): void {
    if (socket.encrypted === true) serve(socket.alpnProtocol === 'h2' ? 'http2' : 'http1');
    else clients.serve(socket, new NewConnection(socket, context, serve));

    function serve(version: HttpVersion): Client {
      const client =
        version === 'http2'
          ? new Http2Connection(socket, raw, context)
          : new Http1Connection(socket, raw, context);
      clients.serve(socket, client);
      return client;
    }
  }

  function configure(settings: ProxySettings): void {
    if (settings.tls !== undefined) tls?.renew(settings.tls);
    context.isTrustedProxy = settings.isTrustedProxy ?? trustNone;
    context.via = settings.via === false ? '' : pseudonym;
    underscores.isAllowed = settings.underscoresInHeaders ?? false;
    // One object, which everything here reads.
    Object.assign(ownLimits, LIMITS, settings.limits);
  }

  async function close(graceMs: number = DEFAULT_GRACE_MS): Promise<void> {
    await closeServer(graceMs);
    context.pools.destroy();
    clock.stop();
  }

  async function closeServer(graceMs: number): Promise<void> {
    const cut = setTimeout(() => {
      for (const client of clients) client.cut();
    }, graceMs);
    const closed = Promise.all(
      [server, plainServer].map((each) => new Promise((resolve) => each.close(resolve))),
    );
    context.isClosing = true;
    tls?.close();
    for (const client of clients) client.leave();
    await closed;
    await clients.closed();
    clearTimeout(cut);
  }

  return {
    listen: (port, host = '127.0.0.1') =>
      tls === undefined ? listenPlain(server, port, host) : listenOn(server, port, host),
    listenPlain: (port, host = '127.0.0.1') => listenPlain(plainServer, port, host),
    serve(socket) {
      if (admit(socket)) begin(socket, socket);
    },
    configure,
    get clients() {
      return clients.size;
    },
    get shedClients() {
      return shedClients;
    },
    get heavyClients() {
      return heavyClients;
    },
    get faultyClients() {
      return faultyClients;
    },
    pools: () => context.pools.sizes(),
    release: (upstream) => context.pools.release(upstream),
    close,
  };
}

function trustNone(): boolean {
  return false;
}

/** With port 0 the system picks one. Rejects with Node's own error, such as EADDRINUSE. */
function listenOn(server: Server, port: number, host: string): Promise<ListenAddress> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      // A connection that cannot be accepted, for lack of descriptors, is no reason to end.
      server.on('error', () => {});
      const bound = server.address();
      resolve({ host, port: typeof bound === 'object' && bound !== null ? bound.port : port });
    });
  });
}
