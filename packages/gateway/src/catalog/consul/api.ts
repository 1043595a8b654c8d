import { Hono } from 'hono';
import type { Context } from 'hono';
import { passing } from '../catalog.ts';
import type { Catalog, CatalogInstance, CatalogService } from '../catalog.ts';
import { newer, parseBlocking } from './blocking.ts';
import { catalogEntry, DATACENTER, healthEntry } from './entries.ts';

/**
 * What clients of Consul read: services, their instances and health, with blocking queries. Nothing is
 * written here, and there are no tags: who asks for one is told of no instance.
 */
export function consulApi(catalog: Catalog): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    const fault = unsupported(c);
    if (fault !== undefined) return fault;
    await next();
  });

  app.get('/catalog/services', (c) =>
    answer(
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
    return answer(c, catalog, index, () => instancesFor(c, catalog, name, catalogEntry));
  });
  app.get('/health/service/:name', (c) => {
    const name = c.req.param('name');
    const index = (): number => catalog.indexOf(name);
    return answer(c, catalog, index, () => instancesFor(c, catalog, name, healthEntry));
  });

  app.get('/agent/self', (c) =>
    c.json({
      Config: { Datacenter: DATACENTER, NodeName: 'rollcall', Server: true },
      Member: { Name: 'rollcall', Addr: new URL(c.req.url).hostname },
      Meta: {},
    }),
  );
  // Who is asked leads: gateways are peers, and each answers by its own table.
  app.get('/status/leader', (c) => c.json(new URL(c.req.url).host));
  return app;
}

/** Waits if the query says so, and answers with the index of what it answers. */
async function answer(
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

/** What would change the answer and is not there is refused: an answer that ignores it would be wrong. */
function unsupported(c: Context): Response | undefined {
  const { filter, dc } = c.req.query();
  if (filter) return c.text('Filter expressions are not supported', 400);
  if (dc && dc !== DATACENTER) return c.text('No path to datacenter', 500);
  return undefined;
}

/** As Go's strconv.ParseBool has it, save that a flag with no value is set. */
function isFlag(value: string | undefined): boolean {
  return value !== undefined && !/^(?:0|f|false)$/i.test(value);
}
