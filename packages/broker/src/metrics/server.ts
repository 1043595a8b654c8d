import { ConnectionLimiter } from '@rollcall/proxy';
import type { Logger } from '@rollcall/runtime';
import type { AppHost } from '../app/app.ts';
import type { Apps } from '../app/apps.ts';
import type { Settings } from '../settings/options.ts';
import { startWebServer } from '../server/web-server.ts';
import type { WebServer } from '../server/web-server.ts';
import { metricsOf } from './metrics.ts';

const MAX_CONNECTIONS = 32;

/** Serves `GET /metrics` on a port of its own, because metrics of apps are not for their clients. */
export function startMetrics(
  apps: Apps,
  host: AppHost,
  options: NonNullable<Settings['metrics']>,
  logger: Logger,
): Promise<WebServer> {
  const registry = metricsOf(apps, host);
  return startWebServer({
    ...options,
    // Its own, so that metrics can be read while clients have all other connections.
    limiter: new ConnectionLimiter({ maxConnections: MAX_CONNECTIONS }),
    logger,
    onRequest: ({ url }, response) => {
      if (url !== '/metrics') {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'content-type': registry.contentType });
      void registry.metrics().then((text) => response.end(text));
    },
  });
}
