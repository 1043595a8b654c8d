import { Hono } from 'hono';
import type { Catalog } from './catalog.ts';
import { consulApi } from './consul/api.ts';
import { targetGroups } from './http-sd.ts';
import { traefikConfiguration } from './traefik.ts';

/** The catalog in the formats that others read by HTTP. Nothing of it changes anything. */
export function catalogApi(catalog: Catalog): Hono {
  const app = new Hono();
  app.get('/sd/prometheus', (c) => c.json(targetGroups(catalog.services())));
  app.get('/sd/traefik', (c) => c.json(traefikConfiguration(catalog.services())));
  app.route('/v1', consulApi(catalog));
  return app;
}
