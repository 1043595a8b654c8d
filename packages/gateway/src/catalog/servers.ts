import type { Resolved } from '@rollcall/runtime/settings';
import type { Logger } from '@rollcall/runtime';
import type { CATALOG_SETTINGS } from '../settings/catalog.ts';
import type { Catalog } from './catalog.ts';
import { createDnsServer } from './dns/server.ts';
import type { XdsServer, XdsServerOptions } from './xds/server.ts';

/** See CATALOG_SETTINGS. */
type CatalogOptions = Resolved<typeof CATALOG_SETTINGS>;

/** What serves the catalog beside the admin port. */
export interface CatalogServers {
  /** Nothing if DNS is not served. */
  readonly dnsPort: number | undefined;
  /** Nothing if xDS is not served. */
  readonly xdsPort: number | undefined;
  close(): void;
}

const HOST = '127.0.0.1';

/** @throws RollcallError ROLLCALL_CONFIG, ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN */
export async function serveCatalog(
  catalog: Catalog,
  { dnsPort, dnsDomain, dnsTtl, xdsPort }: CatalogOptions,
  logger: Logger,
): Promise<CatalogServers> {
  const servers: { readonly port: number; close(): void }[] = [];
  const close = (): void => servers.forEach((server) => server.close());
  try {
    const zone = { catalog, domain: dnsDomain, ttl: dnsTtl, random: Math.random };
    const dns =
      dnsPort === undefined
        ? undefined
        : await createDnsServer({ ...zone, host: HOST, port: dnsPort });
    if (dns !== undefined) servers.push(dns);
    const xds =
      xdsPort === undefined
        ? undefined
        : await xdsServer({ catalog, host: HOST, port: xdsPort, logger });
    if (xds !== undefined) servers.push(xds);
    return { dnsPort: dns?.port, xdsPort: xds?.port, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Loaded only if it is configured: gRPC takes a third of a second to load. */
async function xdsServer(options: XdsServerOptions): Promise<XdsServer> {
  const { createXdsServer } = await import('./xds/server.ts');
  return createXdsServer(options);
}
