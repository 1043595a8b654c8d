import { describeBrokers } from '@rollcall/client';
import { urlHost } from '@rollcall/protocol';
import type { Hono } from 'hono';
import { adminApp } from './admin/app.ts';
import { staticFiles } from './admin/static-files.ts';
import { catalogApi } from './catalog/api.ts';
import { CATALOG_HOST, serveCatalog } from './catalog/servers.ts';
import type { CatalogPorts } from './catalog/servers.ts';
import { TableCatalog } from './catalog/table-catalog.ts';
import { collectFacts } from './exposure/collect-facts.ts';
import { exposureOf } from './exposure/exposure.ts';
import { defaultAdminPort } from './parts.ts';
import type { Closing, Parts } from './parts.ts';
import type { Reconfiguration } from './reconfiguration.ts';
import { serveApp } from './serve-app.ts';

/** Where clients reach the gateway. */
interface Endpoint {
  readonly url: string;
  readonly port: number;
}

/** Starts the admin API and the catalog, which show what the gateway knows. */
export async function startAdmin(
  parts: Parts,
  reconfiguration: Reconfiguration,
  endpoint: Endpoint,
  closing: Closing,
): Promise<{ readonly adminUrl: string; readonly catalog: CatalogPorts }> {
  const { config, own, logger, directory, telemetry, states } = parts;
  const { adminHost, adminPort = defaultAdminPort(config.port) } = config;
  const app = await createAdminApp(parts, reconfiguration, endpoint);
  app.get('/metrics', async (c) =>
    c.body(await telemetry.expose(), 200, { 'content-type': telemetry.contentType }),
  );
  const catalog = new TableCatalog(directory, states, Date.now);
  app.route('/', catalogApi(catalog));
  const admin = await serveApp({
    app,
    host: adminHost,
    port: adminPort,
    setting: '--admin-port',
  });
  closing.add(() => admin.close());
  own.add("this gateway's admin API", admin.host, admin.port);
  const servers = await serveCatalog({ catalog, config, logger });
  closing.add(() => servers.close());
  for (const port of Object.values(servers.ports))
    own.add("this gateway's catalog", CATALOG_HOST, port);
  return {
    adminUrl: `http://${urlHost(admin.host)}:${admin.port}`,
    catalog: servers.ports,
  };
}

async function createAdminApp(
  parts: Parts,
  reconfiguration: Reconfiguration,
  { url, port }: Endpoint,
): Promise<Hono> {
  const { config, name, registry, dashboard, journal, directory, telemetry, states } = parts;
  const { certificates, plane, access, audit } = parts;
  return adminApp({
    gateway: {
      name,
      url,
      domain: config.domain ?? `localhost:${port}`,
      server: describeBrokers(registry),
      channel: registry.channels.registry,
      startedAt: Date.now(),
    },
    access,
    audit,
    exposure: () => exposureOf(collectFacts(parts, reconfiguration.current)),
    directory,
    states,
    journal,
    dryRun: plane.dryRun,
    traffic: telemetry.history.of,
    certificates: () => certificates.views(),
    rollouts: plane.rollouts,
    ...(dashboard !== undefined && { pages: await staticFiles(dashboard) }),
    // The journal's clock is monotonic, people's is not.
    now: () => performance.now(),
    epoch: () => Date.now() - performance.now(),
  });
}
