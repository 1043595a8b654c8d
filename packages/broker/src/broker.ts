import { HttpApi } from './api/http-api.ts';
import { App } from './app/local-app.ts';
import { Apps } from './app/apps.ts';
import { Counters } from './app/counters.ts';
import { startMetrics } from './metrics/server.ts';
import { readOptions } from './options.ts';
import type { AppOptions, BrokerOptions, Settings } from './options.ts';
import { startWebServer } from './server/web-server.ts';
import type { WebServer } from './server/web-server.ts';
import { WebSockets } from './server/web-sockets.ts';
import { Webhooks } from './webhooks/webhooks.ts';

/** A Pusher Channels server that is listening. */
export interface Broker {
  /** As it was given. */
  readonly host: string;
  readonly port: number;
  /** `http://HOST:PORT`, or `https:` with TLS, for the HTTP API; WebSockets are at the same port. */
  readonly url: string;
  /** `http://HOST:PORT` with `/metrics`, if metrics were asked for. */
  readonly metricsUrl: string | undefined;
  /**
   * Closes every connection with 4100, at which clients try again after a second, and stops
   * listening. Resolves when nothing is left open, within about a second; again and again, if you like.
   */
  close(): Promise<void>;
}

/**
 * Starts a Pusher Channels server: WebSocket protocol 7 at `/app/KEY`, the signed HTTP API at
 * `/apps/ID`, and `GET /up`, which answers 200 while it runs.
 *
 * @throws {@link RollcallError} `ROLLCALL_PORT_TAKEN`, `ROLLCALL_LISTEN`, or `ROLLCALL_CONFIG` for
 * options that cannot be.
 */
export async function createBroker(options: BrokerOptions): Promise<Broker> {
  const settings = readOptions(options);
  const { host, logger } = settings;
  const served = settings.apps.map((app) => serve(app, settings));
  const apps = new Apps(served.map(({ app }) => app));
  const api = new HttpApi(apps, logger);
  const webSockets = new WebSockets(apps, settings);

  // First, so that nothing is served unless everything can be.
  const metrics = settings.metrics && (await startMetrics(apps, settings.metrics));
  const web = await startWebServer({
    ...settings,
    onRequest: (request, response) => void api.handle(request, response),
    answer: (request) => api.answer(request),
  }).catch(async (error: unknown) => {
    await metrics?.close();
    throw error;
  });
  web.server.on('upgrade', (request, socket, head) => webSockets.upgrade(request, socket, head));
  web.server.on('error', (error) => logger.error({ err: error }, 'cannot accept connections'));

  let closing: Promise<void> | undefined;
  return {
    host,
    port: web.port,
    url: web.url,
    metricsUrl: metrics?.url,
    close: () => (closing ??= close([web, webSockets, metrics], served)),
  };
}

interface Served {
  readonly app: App;
  readonly webhooks: Webhooks;
}

function serve(options: AppOptions, { logger }: Settings): Served {
  const counters = new Counters();
  const webhooks = new Webhooks(options, { counters, logger });
  const report = webhooks.report.bind(webhooks);
  return { app: new App(options, { counters, report }), webhooks };
}

async function close(
  servers: readonly (WebServer | WebSockets | undefined)[],
  served: readonly Served[],
): Promise<void> {
  await Promise.all(servers.map(async (server) => server?.close()));
  // Only now: the end of the last connection may start a timer.
  for (const { app, webhooks } of served) {
    app.close();
    webhooks.close();
  }
}
