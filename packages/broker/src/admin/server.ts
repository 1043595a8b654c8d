import { ConnectionLimiter } from '@rollcall/proxy';
import { isLoopback } from '@rollcall/protocol';
import { AdminTokens, adminTokensOf, readStaticFiles } from '@rollcall/runtime/admin';
import type { AppHost } from '../app/app.ts';
import type { Apps } from '../app/apps.ts';
import { startWebServer } from '../server/web-server.ts';
import type { WebServer } from '../server/web-server.ts';
import type { WebSockets } from '../server/web-sockets.ts';
import { BROKER_SCOPES } from '../settings/admin.ts';
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

export interface AdminServer extends WebServer {
  /** Replaces the tokens. */
  configure(settings: Settings): void;
}

/** Serves the admin API and the dashboard on a port of their own, because they are not for clients. */
export async function startAdmin(options: AdminOptions): Promise<AdminServer> {
  const { apps, host, webSockets, settings, port } = options;
  const { adminHost, dashboard, logger } = settings;
  const tokens = new AdminTokens(adminTokensOf(settings, BROKER_SCOPES));
  const api = new AdminApi({
    apps,
    host,
    connectionsOf: (app) => webSockets.connectionsOf(app),
    isLocal: isLoopback(adminHost),
    tokens,
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
  return {
    ...server,
    configure: (changed) => tokens.configure(adminTokensOf(changed, BROKER_SCOPES)),
    close() {
      api.close();
      tokens.close();
      return server.close();
    },
  };
}
