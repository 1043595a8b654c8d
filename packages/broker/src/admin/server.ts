import { ConnectionLimiter } from '@rollcall/proxy';
import { isLoopback } from '@rollcall/protocol';
import { readStaticFiles } from '@rollcall/runtime/admin';
import type { AppHost } from '../app/app.ts';
import type { Apps } from '../app/apps.ts';
import { startWebServer } from '../server/web-server.ts';
import type { WebServer } from '../server/web-server.ts';
import type { WebSockets } from '../server/web-sockets.ts';
import type { Settings } from '../settings/options.ts';
import { AdminApi } from './admin-api.ts';

/** Its own, so that operators reach it while clients have all other connections. */
const MAX_CONNECTIONS = 64;

/** The page of the dashboard that is a broker's. */
const PAGE = 'broker.html';

export interface AdminOptions {
  readonly apps: Apps;
  readonly host: AppHost;
  readonly webSockets: WebSockets;
  readonly settings: Settings;
  readonly port: number;
}

/** Serves the admin API and the dashboard on a port of their own, because they are not for clients. */
export async function startAdmin(options: AdminOptions): Promise<WebServer> {
  const { apps, host, webSockets, settings, port } = options;
  const { adminHost, adminToken: token, dashboard, logger } = settings;
  const api = new AdminApi({
    apps,
    host,
    connectionsOf: (app) => webSockets.connectionsOf(app),
    isLocal: isLoopback(adminHost),
    token,
    files: dashboard === undefined ? [] : await readStaticFiles(dashboard, PAGE),
    logger,
  });
  const server = await startWebServer({
    host: adminHost,
    port,
    portSetting: '--admin-port',
    limiter: new ConnectionLimiter({ maxConnections: MAX_CONNECTIONS }),
    logger,
    onRequest: (request, response) => void api.handle(request, response),
  });
  const close = (): Promise<void> => {
    api.close();
    return server.close();
  };
  return { ...server, close };
}
