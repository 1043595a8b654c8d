import { hostname } from 'node:os';
import { ConnectionLimiter, maxClientConnections } from '@rollcall/proxy';
import { limitLines } from '@rollcall/runtime';
import { fixedChanges } from '@rollcall/runtime/settings';
import { reportsOf } from './admin/app-counts.ts';
import { startAdmin } from './admin/server.ts';
import type { AdminServer } from './admin/server.ts';
import { HttpApi } from './api/http-api.ts';
import type { AppHost } from './app/app.ts';
import type { Apps } from './app/apps.ts';
import type { MaybePromise } from './app/maybe-promise.ts';
import { LocalHost } from './app/local-host.ts';
import { parseBusUrl } from './cluster/bus/bus-url.ts';
import { ClusterHost } from './cluster/cluster-host.ts';
import { startMetrics } from './metrics/server.ts';
import { ServedApps } from './served-apps.ts';
import { readOptions } from './settings/options.ts';
import type { BrokerOptions, Settings } from './settings/options.ts';
import { BROKER_SETTINGS } from './settings/table.ts';
import { startWebServer } from './server/web-server.ts';
import type { WebServer } from './server/web-server.ts';
import { WebSockets } from './server/web-sockets.ts';

/** A Pusher Channels server that is listening. */
export interface Broker {
  /** The `host` option. */
  readonly host: string;
  /** The port on which it listens, also if the system chose it. */
  readonly port: number;
  /** `http://HOST:PORT`, or `https:` with TLS. Serves the HTTP API and WebSockets. */
  readonly url: string;
  /** `http://HOST:PORT`, where `/metrics` is; `undefined` without the `metrics` option. */
  readonly metricsUrl: string | undefined;
  /** `http://HOST:PORT` of the admin API; `undefined` without the `adminPort` option. */
  readonly adminUrl: string | undefined;
  /**
   * Serves the apps of this configuration from now on. Connections of apps whose `appId` stays are kept; those of other apps are
   * closed with 4001, and those of disabled apps with 4003. A certificate is shown to clients that connect from now on.
   *
   * @returns the changed settings that take effect only at the next start
   * @throws {@link RollcallError} `ROLLCALL_CONFIG`; the previous configuration then stays
   */
  configure(options: BrokerOptions): Promise<string[]>;
  /**
   * Stops listening and closes all connections with 4100, after which clients reconnect in a second. Resolves when
   * everything is closed, within about a second. May be called more than once.
   */
  close(): Promise<void>;
}

/**
 * Starts a Pusher Channels server: WebSocket protocols 4 to 7 at `/app/KEY`, the signed HTTP API at
 * `/apps/ID`, and `GET /up`, which responds with 200 while the broker runs.
 *
 * @throws {@link RollcallError} `ROLLCALL_PORT_TAKEN`, `ROLLCALL_LISTEN`, or `ROLLCALL_CONFIG` for
 * invalid options.
 */
export function createBroker(options: BrokerOptions): Promise<Broker> {
  return startBroker(options, openHost);
}

async function openHost({ bus, logger }: Settings): Promise<AppHost> {
  const url = bus && parseBusUrl(bus.url);
  if (bus === undefined || url === undefined) return new LocalHost();
  return ClusterHost.open({ ...bus, url, logger });
}

/** Starts a broker whose apps live in the host that `open` returns. */
export async function startBroker(
  options: BrokerOptions,
  open: (settings: Settings) => MaybePromise<AppHost>,
): Promise<Broker> {
  const settings = readOptions(options);
  const host = await open(settings);
  const served = new ServedApps(host.createApp, settings.logger);
  try {
    await served.configure(settings.apps);
    return await listen(settings, host, served);
  } catch (error) {
    await served.close();
    await host.close();
    throw error;
  }
}

async function listen(settings: Settings, host: AppHost, served: ServedApps): Promise<Broker> {
  const { web, webSockets, metrics, admin } = await startServers(settings, host, served);
  const startedAt = Date.now();
  host.introduce(async () => ({
    address: `${hostname()}:${web.port}`,
    startedAt,
    apps: await reportsOf(served.apps),
  }));
  const configureAfter = async (before: Promise<unknown>, next: Settings): Promise<string[]> => {
    await before;
    await served.configure(next.apps, (app) => webSockets.disconnect(app));
    webSockets.disconnectDisabled();
    if (next.tls !== undefined) web.renew(next.tls);
    admin?.configure(next);
    return fixedChanges(BROKER_SETTINGS, settings, next);
  };
  const close = async (): Promise<void> => {
    host.leave();
    webSockets.close();
    await Promise.all([web.close(), metrics?.close(), admin?.close()]);
    await configured;
    // Only now, because the end of the last connection may start a timer.
    await served.close();
    await host.close();
  };
  let configured: Promise<unknown> = Promise.resolve();
  let closing: Promise<void> | undefined;
  return {
    host: settings.host,
    port: web.port,
    url: web.url,
    metricsUrl: metrics?.url,
    adminUrl: admin?.url,
    configure: async (changed) => {
      const next = readOptions(changed);
      // One after the other.
      const done = configureAfter(configured, next);
      configured = done.catch(() => {});
      return done;
    },
    close: () => (closing ??= close()),
  };
}

interface Servers {
  readonly web: WebServer;
  readonly webSockets: WebSockets;
  readonly metrics: WebServer | undefined;
  readonly admin: AdminServer | undefined;
}

async function startServers(
  settings: Settings,
  appHost: AppHost,
  served: ServedApps,
): Promise<Servers> {
  const { apps } = served;
  const webSockets = new WebSockets(apps, settings);
  // First, so that nothing is served unless everything can be.
  const started: WebServer[] = [];
  const start = async <S extends WebServer>(server: Promise<S>): Promise<S> => {
    started.push(await server);
    return server;
  };
  const { metrics: metricsSettings, adminPort, logger } = settings;
  try {
    const metrics =
      metricsSettings && (await start(startMetrics(apps, appHost, metricsSettings, logger)));
    const admin =
      adminPort === undefined
        ? undefined
        : await start(startAdmin({ apps, host: appHost, webSockets, settings, port: adminPort }));
    return { web: await startWeb(settings, appHost, apps, webSockets), webSockets, metrics, admin };
  } catch (error) {
    webSockets.close();
    await Promise.all(started.map((server) => server.close()));
    throw error;
  }
}

function startWeb(
  settings: Settings,
  appHost: AppHost,
  apps: Apps,
  webSockets: WebSockets,
): Promise<WebServer> {
  const { host, port, tls, logger } = settings;
  const api = new HttpApi(apps, { logger, basePath: settings.path, host: appHost });
  return startWebServer({
    host,
    port,
    tls,
    limiter: createLimiter(settings),
    logger,
    onRequest: (request, response) => void api.handle(request, response),
    plain: {
      respond: (request) => api.respond(request),
      upgrade: (request, socket, first) => webSockets.upgrade(request, socket, first),
    },
  });
}

function createLimiter({ connectionsPerAddress, logger }: Settings): ConnectionLimiter {
  const log = limitLines(logger.warn);
  return new ConnectionLimiter(
    { maxConnections: maxClientConnections(), maxPerClient: connectionsPerAddress },
    (reason) => log({ reason }, 'refused connection'),
  );
}
