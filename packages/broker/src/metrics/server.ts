import type { Apps } from '../app/apps.ts';
import type { Settings } from '../settings/options.ts';
import { startWebServer } from '../server/web-server.ts';
import type { WebServer } from '../server/web-server.ts';
import { metricsOf } from './metrics.ts';

/** Serves `GET /metrics` on a port of its own, because metrics of apps are not for their clients. */
export function startMetrics(
  apps: Apps,
  options: NonNullable<Settings['metrics']>,
): Promise<WebServer> {
  const registry = metricsOf(apps);
  return startWebServer({
    ...options,
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
