import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { catalogApi } from '../../src/catalog/api.ts';
import type { Catalog } from '../../src/catalog/catalog.ts';

/** The catalog's HTTP formats on a port of their own. */
export async function serve(
  catalog: Catalog,
): Promise<{ port: number; url: string; close: () => void }> {
  const server = createAdaptorServer({ fetch: catalogApi(catalog).fetch });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  };
  return { port, url: `http://127.0.0.1:${port}`, close };
}
