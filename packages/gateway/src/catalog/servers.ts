import type { Logger } from '@rollcall/runtime';
import type { Resolved } from '@rollcall/runtime/settings';
import type { CATALOG_SETTINGS } from '../settings/catalog.ts';
import type { Catalog } from './catalog.ts';
import { createDnsServer } from './dns/server.ts';

export interface CatalogServerOptions {
  readonly catalog: Catalog;
  readonly config: Resolved<typeof CATALOG_SETTINGS>;
  readonly logger: Logger;
}

interface CatalogServer {
  readonly port: number;
  close(): void;
}

/** The ports of the formats that are served, by their settings. */
export interface CatalogPorts {
  /** Port of the DNS server. */
  readonly dnsPort?: number;
  /** Port of the xDS server. */
  readonly xdsPort?: number;
}

/** The catalog on ports of its own. */
export interface CatalogServers {
  readonly ports: CatalogPorts;
  close(): void;
}

type StartServer = (options: CatalogServerOptions, port: number) => Promise<CatalogServer>;

/** Where the catalog is served. */
export const CATALOG_HOST = '127.0.0.1';

/** Each format with a port of its own, by the setting that turns it on. */
const SERVERS: Readonly<Record<keyof CatalogPorts, StartServer>> = {
  dnsPort: ({ catalog, config: { dnsDomain: domain, dnsTtl: ttl } }, port) =>
    createDnsServer({ catalog, domain, ttl, random: Math.random, host: CATALOG_HOST, port }),
  // Loaded only if it is configured: gRPC takes a third of a second to load.
  xdsPort: async ({ catalog, logger }, port) =>
    (await import('./xds/server.ts')).createXdsServer({
      catalog,
      host: CATALOG_HOST,
      port,
      logger,
    }),
};

/**
 * Serves the catalog in the formats that the configuration turns on.
 * @throws RollcallError ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN
 */
export async function serveCatalog(options: CatalogServerOptions): Promise<CatalogServers> {
  const servers = new Map<string, CatalogServer>();
  const close = (): void => servers.forEach((server) => server.close());
  try {
    for (const [setting, start] of Object.entries(SERVERS)) {
      const port = options.config[setting as keyof CatalogPorts];
      if (port !== undefined) servers.set(setting, await start(options, port));
    }
  } catch (error) {
    close();
    throw error;
  }
  const ports = [...servers].map(([setting, { port }]) => [setting, port] as const);
  return { ports: Object.fromEntries(ports), close };
}
