import { Hono } from 'hono';
import type { Context } from 'hono';
import { passing } from '../catalog.ts';
import type { Catalog, CatalogInstance, CatalogService } from '../catalog.ts';
import { newer, parseBlocking } from './blocking.ts';
import { catalogEntry, DATACENTER, healthEntry } from './entries.ts';

/**
 * The part of Consul's HTTP API that its clients read: services, their instances and health, with blocking queries.
 * Nothing can be written. Instances have no tags, so a query for a tag finds none.
 */
export function consulApi(catalog: Catalog): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    const fault = unsupported(c);
    if (fault !== undefined) return fault;
    await next();
  });

  app.get('/catalog/services', (c) =>
    respond(
      c,
      catalog,
      () => catalog.index,
      () => {
        const present = catalog.services().filter(({ instances }) => instances.length > 0);
        return Object.fromEntries(present.map(({ name }) => [name, []]));
      },
    ),
  );
  app.get('/catalog/service/:name', (c) => {
    const name = c.req.param('name');
    const index = (): number => catalog.indexOf(name);
    return respond(c, catalog, index, () => instancesFor(c, catalog, name, catalogEntry));
  });
  app.get('/health/service/:name', (c) => {
    const name = c.req.param('name');
    const index = (): number => catalog.indexOf(name);
    return respond(c, catalog, index, () => instancesFor(c, catalog, name, healthEntry));
  });

  app.get('/agent/self', (c) =>
    c.json({
      Config: { Datacenter: DATACENTER, NodeName: 'rollcall', Server: true },
      Member: { Name: 'rollcall', Addr: new URL(c.req.url).hostname },
      Meta: {},
    }),
  );
  // Gateways are peers that each serve their own table, so every one is its own leader.
  app.get('/status/leader', (c) => c.json(new URL(c.req.url).host));
  return app;
}

/** Responds with the body and its index, after the wait that a blocking query asks for. */
async function respond(
  c: Context,
  catalog: Catalog,
  index: () => number,
  body: () => object,
): Promise<Response> {
  const blocking = parseBlocking(c.req.query('index'), c.req.query('wait'));
  if (typeof blocking === 'string') return c.text(blocking, 400);
  await newer(catalog, index, blocking, c.req.raw.signal);
  return c.json(body(), 200, {
    'X-Consul-Index': String(index()),
    'X-Consul-KnownLeader': 'true',
    'X-Consul-LastContact': String(Math.round(catalog.staleMs)),
  });
}

function instancesFor<T>(
  c: Context,
  catalog: Catalog,
  name: string,
  entry: (service: CatalogService, instance: CatalogInstance) => T,
): T[] {
  const service = catalog.service(name);
  if (service === undefined || c.req.query('tag') !== undefined) return [];
  const instances = isFlag(c.req.query('passing')) ? passing(service) : service.instances;
  return instances.map((instance) => entry(service, instance));
}

/** Refuses parameters that are not supported: a response that ignored them would be wrong. */
function unsupported(c: Context): Response | undefined {
  const { filter, dc } = c.req.query();
  if (filter) return c.text('Filter expressions are not supported', 400);
  if (dc && dc !== DATACENTER) return c.text('No path to datacenter', 500);
  return undefined;
}

/** Reads a flag as Go's strconv.ParseBool does; a flag without a value is true. */
function isFlag(value: string | undefined): boolean {
  return value !== undefined && !/^(?:0|f|false)$/i.test(value);
}
