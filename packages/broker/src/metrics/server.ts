import type { Apps } from '../apps.ts';
import type { MetricsOptions } from '../options.ts';
import { startWebServer } from '../web-server.ts';
import type { WebServer } from '../web-server.ts';
import { EXPOSITION_TYPE, exposition } from './exposition.ts';
import { readMetrics } from './metrics.ts';

/** Serves `GET /metrics` at a port of its own: what it tells of apps is not for their clients. */
export function startMetrics(apps: Apps, options: Required<MetricsOptions>): Promise<WebServer> {
  return startWebServer({
    ...options,
    onRequest: ({ url }, response) => {
      if (url !== '/metrics') {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'content-type': EXPOSITION_TYPE });
      response.end(exposition(readMetrics(apps)));
    },
  });
}
