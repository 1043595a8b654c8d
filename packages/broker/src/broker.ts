import { ConnectionLimiter, maxClientConnections } from '@rollcall/proxy';
import { limitLines } from '@rollcall/runtime';
import { HttpApi } from './api/http-api.ts';
import type { App, AppFactory } from './app/app.ts';
import { Apps } from './app/apps.ts';
import { Counters } from './app/counters.ts';
import { LocalApp } from './app/local-app.ts';
import { startMetrics } from './metrics/server.ts';
import { readOptions } from './settings/options.ts';
import type { AppOptions, BrokerOptions, Settings } from './settings/options.ts';
import { startWebServer } from './server/web-server.ts';
import { WebSockets } from './server/web-sockets.ts';
import { Webhooks } from './webhooks/webhooks.ts';

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
  return startBroker(options, (app, environment) => new LocalApp(app, environment));
}

/** Starts a broker whose apps are made by `createApp`. */
export async function startBroker(options: BrokerOptions, createApp: AppFactory): Promise<Broker> {
  const settings = readOptions(options);
  const served: ServedApp[] = [];
  try {
    for (const app of settings.apps) served.push(await serveApp(app, settings, createApp));
    return await listen(settings, served);
  } catch (error) {
    await closeApps(served);
    throw error;
  }
}

/** An app, and the webhooks that it reports to. */
interface ServedApp {
  readonly app: App;
  readonly webhooks: Webhooks;
}

async function serveApp(
  options: AppOptions,
  { logger }: Settings,
  createApp: AppFactory,
): Promise<ServedApp> {
  const counters = new Counters();
  const webhooks = new Webhooks(options, { counters, logger });
  const report = webhooks.report.bind(webhooks);
  return { app: await createApp(options, { counters, report }), webhooks };
}

async function listen(settings: Settings, served: readonly ServedApp[]): Promise<Broker> {
  const { host, port, tls, logger } = settings;
  const apps = new Apps(served.map(({ app }) => app));
  const api = new HttpApi(apps, logger, settings.path);
  const webSockets = new WebSockets(apps, settings);

  // First, so that nothing is served unless everything can be.
  const metrics = settings.metrics && (await startMetrics(apps, settings.metrics, logger));
  const web = await startWebServer({
    host,
    port,
    tls,
    limiter: createLimiter(settings),
    logger,
    onRequest: (request, response) => void api.handle(request, response),
    respond: (request) => api.respond(request),
  }).catch(async (error: unknown) => {
    await metrics?.close();
    throw error;
  });
  web.server.on('upgrade', (request, socket, head) => webSockets.upgrade(request, socket, head));

  const close = async (): Promise<void> => {
    await Promise.all([web.close(), webSockets.close(), metrics?.close()]);
    // Only now, because the end of the last connection may start a timer.
    await closeApps(served);
  };
  let closing: Promise<void> | undefined;
  return {
    host,
    port: web.port,
    url: web.url,
    metricsUrl: metrics?.url,
    close: () => (closing ??= close()),
  };
}

function createLimiter({ connectionsPerAddress, logger }: Settings): ConnectionLimiter {
  const log = limitLines(logger.warn);
  return new ConnectionLimiter(
    { maxConnections: maxClientConnections(), maxPerClient: connectionsPerAddress },
    (reason) => log({ reason }, 'refused connection'),
  );
}

async function closeApps(served: readonly ServedApp[]): Promise<void> {
  for (const { app, webhooks } of served) {
    await app.close();
    webhooks.close();
  }
}
