import { Hono } from 'hono';
import type { Catalog } from './catalog.ts';
import { consulApi } from './consul/api.ts';
import { targetGroups } from './http-sd.ts';
import { traefikConfiguration } from './traefik.ts';

/** Serves the catalog in the formats that are read over HTTP. Nothing can be changed by them. */
export function catalogApi(catalog: Catalog): Hono {
  const app = new Hono();
  app.get('/sd/prometheus', (c) => c.json(targetGroups(catalog.services())));
  app.get('/sd/traefik', (c) => c.json(traefikConfiguration(catalog.services())));
  app.route('/v1', consulApi(catalog));
  return app;
}
