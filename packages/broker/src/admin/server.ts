import { ConnectionLimiter } from '@rollcall/proxy';
import { isLoopback } from '@rollcall/protocol';
import type { AppHost } from '../app/app.ts';
import type { Apps } from '../app/apps.ts';
import { startWebServer } from '../server/web-server.ts';
import type { WebServer } from '../server/web-server.ts';
import type { Settings } from '../settings/options.ts';
import { AdminApi } from './admin-api.ts';

/** Its own, so that operators reach it while clients have all other connections. */
const MAX_CONNECTIONS = 64;

/** Serves the admin API on a port of its own, because it is not for clients. */
export function startAdmin(
  apps: Apps,
  host: AppHost,
  { adminHost, adminToken: token, logger }: Settings,
  port: number,
): Promise<WebServer> {
  const api = new AdminApi({ apps, host, isLocal: isLoopback(adminHost), token, logger });
  return startWebServer({
    host: adminHost,
    port,
    portSetting: '--admin-port',
    limiter: new ConnectionLimiter({ maxConnections: MAX_CONNECTIONS }),
    logger,
    onRequest: (request, response) => void api.handle(request, response),
  });
}
