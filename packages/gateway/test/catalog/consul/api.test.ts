import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TableCatalog } from '../../../src/catalog/table-catalog.ts';
import { LiveTable, statesOf } from '../live-table.ts';
import { serve } from '../serve.ts';

let table: LiveTable;
let catalog: WatchedCatalog;
let served: Awaited<ReturnType<typeof serve>>;

/** Tells who waits. */
class WatchedCatalog extends TableCatalog {
  waiting = 0;
  override async changed(signal: AbortSignal): Promise<void> {
    this.waiting++;
    await super.changed(signal);
    this.waiting--;
  }
}

beforeEach(async () => {
  table = new LiveTable();
  catalog = new WatchedCatalog(table, statesOf(table), () => 1000);
  served = await serve(catalog);
});
afterEach(() => served.close());

async function get(path: string) {
  const response = await fetch(`${served.url}${path}`);
  const index = Number(response.headers.get('x-consul-index'));
  const body = await response.text();
  return { status: response.status, headers: response.headers, index, body };
}

async function ids(path: string): Promise<string[]> {
  const entries = JSON.parse((await get(path)).body) as { Service: { ID: string } }[];
  return entries.map(({ Service }) => Service.ID);
}

const waits = () => expect.poll(() => catalog.waiting).toBe(1);

describe('the Consul API', () => {
  it('lists services that have instances', async () => {
    table.say('a');
    table.say('b', { prefix: '/shop/cart' });
    table.say('c', { prefix: '/gone' });
    table.leave('c');
    expect(JSON.parse((await get('/v1/catalog/services')).body)).toEqual({
      v1: [],
      'shop-cart': [],
    });
  });

  it('shows the announcement of an instance', async () => {
    const fields = { host: 'one', weight: 3, zone: 'z', version: '1.2', meta: { team: 'x' } };
    table.say('a', { address: 'fd00::7', port: 3000, ...fields });
    const Meta = { rollcall_prefix: '/v1', rollcall_version: '1.2', rollcall_zone: 'z', team: 'x' };
    expect(JSON.parse((await get('/v1/health/service/v1')).body)).toMatchObject([
      {
        Node: { Node: 'one', Address: 'fd00::7', Datacenter: 'rollcall' },
        Service: {
          ID: 'a',
          Service: 'v1',
          Address: 'fd00::7',
          Port: 3000,
          Meta,
          Weights: { Passing: 3 },
        },
        Checks: [{ Status: 'passing', Output: 'healthy', ServiceID: 'a', ServiceName: 'v1' }],
      },
    ]);
    expect(JSON.parse((await get('/v1/catalog/service/v1')).body)).toMatchObject([
      {
        Node: 'one',
        ServiceID: 'a',
        ServiceAddress: 'fd00::7',
        ServicePort: 3000,
        ServiceMeta: Meta,
      },
    ]);
  });

  it('omits instances that are not passing if requested', async () => {
    table.say('up', { port: 81 });
    table.say('down', { port: 82 });
    table.say('leaving', { port: 83 });
    table.probed('down', 'refused');
    table.say('leaving', { port: 83, draining: true });
    expect(await ids('/v1/health/service/v1')).toEqual(['up', 'down', 'leaving']);
    for (const query of ['passing', 'passing=1', 'passing=true'])
      expect(await ids(`/v1/health/service/v1?${query}`)).toEqual(['up']);
    expect(await ids('/v1/health/service/v1?passing=false')).toHaveLength(3);
  });

  it('refuses tags, filter expressions and other datacenters', async () => {
    table.say('a');
    expect(await ids('/v1/health/service/v1?tag=x')).toEqual([]);
    expect((await get('/v1/health/service/v1?filter=a==b')).status).toBe(400);
    expect((await get('/v1/health/service/v1?dc=other')).status).toBe(500);
    expect((await get('/v1/health/service/v1?dc=rollcall')).status).toBe(200);
  });

  it('refuses changes', async () => {
    const response = await fetch(`${served.url}/v1/agent/service/register`, {
      method: 'PUT',
      body: '{}',
    });
    expect(response.status).toBe(404);
  });

  it('identifies itself', async () => {
    expect(JSON.parse((await get('/v1/agent/self')).body)).toMatchObject({
      Config: { Datacenter: 'rollcall' },
    });
    expect((await get('/v1/status/leader')).body).toBe(`"127.0.0.1:${served.port}"`);
  });
});

describe('a blocking query', () => {
  it.each(['/v1/catalog/services', '/v1/catalog/service/v1', '/v1/health/service/v1'])(
    'of %s answers at once at index 0, with the index to continue from',
    async (path) => {
      const { headers, index } = await get(`${path}?index=0&wait=10m`);
      expect(index).toBeGreaterThan(0);
      expect(headers.get('x-consul-knownleader')).toBe('true');
      expect(headers.get('x-consul-lastcontact')).toBe('0');
    },
  );

  it.each(['/v1/catalog/services', '/v1/catalog/service/v1', '/v1/health/service/v1'])(
    'of %s returns at the next change',
    async (path) => {
      table.say('a');
      const { index } = await get(path);
      const answer = get(`${path}?index=${index}&wait=10m`);
      await waits();
      table.probed('a', 'refused');
      expect((await answer).index).toBeGreaterThan(index);
    },
  );

  it('of one service ignores changes of others', async () => {
    table.say('a');
    const { index } = await get('/v1/health/service/v1');
    const answer = get(`/v1/health/service/v1?index=${index}&wait=10m`);
    await waits();
    table.say('b', { port: 81, prefix: '/v2' });
    table.say('c', { port: 82 });
    expect(JSON.parse((await answer).body)).toHaveLength(2);
  });

  it('of an unknown service waits for it', async () => {
    const { index, body } = await get('/v1/health/service/v1');
    expect(body).toBe('[]');
    const answer = get(`/v1/health/service/v1?index=${index}&wait=10m`);
    await waits();
    table.say('a');
    expect(JSON.parse((await answer).body)).toHaveLength(1);
  });

  it('returns the current instances when its wait is over', async () => {
    table.say('a');
    const { index } = await get('/v1/health/service/v1');
    const answer = await get(`/v1/health/service/v1?index=${index}&wait=50ms`);
    expect(answer.index).toBe(index);
    expect(JSON.parse(answer.body)).toHaveLength(1);
  });

  it('ends when its client disconnects', async () => {
    const path = `/v1/health/service/v1?index=${catalog.index}`;
    const sent = request(`${served.url}${path}`).on('error', () => {});
    sent.end();
    await waits();
    sent.destroy();
    await expect.poll(() => catalog.waiting).toBe(0);
  });

  it('with invalid parameters is refused', async () => {
    expect((await get('/v1/health/service/v1?index=x')).status).toBe(400);
    expect((await get('/v1/health/service/v1?index=1&wait=soon')).status).toBe(400);
  });
});
