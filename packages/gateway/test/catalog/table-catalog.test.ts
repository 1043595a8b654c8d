import { beforeEach, describe, expect, it } from 'vitest';
import type { TableCatalog } from '../../src/catalog/table-catalog.ts';
import { catalogOf, LiveTable } from './live-table.ts';

const START = 1_700_000_000_000;

let table: LiveTable;
let catalog: TableCatalog;
let now: number;
beforeEach(() => {
  now = START;
  table = new LiveTable();
  catalog = catalogOf(table, () => now);
});

const names = () => catalog.services().map(({ name }) => name);
const health = () =>
  catalog.service('v1')?.instances.map((instance) => `${instance.id} ${instance.health}`);

describe('the catalog of a table', () => {
  it('has the instances of the table, by service name', () => {
    table.say('b', { prefix: '/v2' });
    table.say('a');
    catalog = catalogOf(table, () => now);
    expect(names()).toEqual(['v1', 'v2']);
    expect(catalog.service('v2')).toMatchObject({ prefix: '/v2', instances: [{ id: 'b' }] });
    expect(catalog.service('/v2')).toBeUndefined();
  });

  it('marks routable instances as passing, and gives the reason for others', () => {
    for (const [index, id] of ['up', 'lost', 'gone', 'leaving'].entries())
      table.say(id, { port: 80 + index, draining: id === 'leaving' });
    table.part('lost');
    table.probed('gone', 'refused');
    expect(health()).toEqual(['up passing', 'lost warning', 'gone critical', 'leaving critical']);
    expect(catalog.service('v1')?.instances.map(({ state }) => state)).toEqual([
      'healthy',
      'suspect',
      'down',
      'draining',
    ]);
    // Doubt about all takes none away.
    table.part('up');
    expect(health()).toContain('up passing');
    expect(health()).toContain('lost passing');
  });

  it('shows an instance that an operator drains at this gateway as drained', () => {
    table.say('a');
    table.drain('a');
    expect(catalog.service('v1')?.instances).toMatchObject([
      { health: 'critical', state: 'drained' },
    ]);
  });

  it('uses the name that all instances of a service announce', () => {
    table.say('a', { name: 'orders' });
    expect(names()).toEqual(['orders']);
    table.say('b');
    expect(names()).toEqual(['v1']);
    table.say('b', { name: 'orders' });
    expect(names()).toEqual(['orders']);
  });

  it('does not reuse the name of a service that left', () => {
    table.say('a', { prefix: '/a', name: 'orders' });
    table.leave('a');
    table.say('b', { prefix: '/b', name: 'orders' });
    expect(names()).toEqual(['a', 'b']);
    expect(catalog.service('a')?.instances).toEqual([]);
  });

  it('follows an instance that moves to another prefix', () => {
    table.say('a');
    const before = catalog.indexOf('v1');
    table.say('a', { prefix: '/v2' });
    expect(catalog.indexOf('v1')).toBeGreaterThan(before);
    expect(catalog.service('v1')?.instances).toEqual([]);
    expect(catalog.service('v2')?.instances).toHaveLength(1);
  });
});

describe('its index', () => {
  it('starts at the time, so that it is higher than in the previous run', () => {
    expect(catalog.index).toBe(START);
  });

  it('grows with each change of the service', () => {
    table.say('a');
    table.say('b', { prefix: '/v2' });
    const [one, two] = [catalog.indexOf('v1'), catalog.indexOf('v2')];
    table.probed('b', 'refused');
    expect(catalog.indexOf('v1')).toBe(one);
    expect(catalog.indexOf('v2')).toBeGreaterThan(two);
    expect(catalog.index).toBe(catalog.indexOf('v2'));
    table.leave('a');
    expect(catalog.indexOf('v1')).toBeGreaterThan(catalog.indexOf('v2'));
  });

  it('grows when a name is added or removed', () => {
    const unknown = catalog.indexOf('v1');
    expect(unknown).toBe(START);
    table.say('a');
    const known = catalog.indexOf('v1');
    expect(known).toBeGreaterThan(unknown);
    table.say('a', { name: 'orders' });
    expect(catalog.indexOf('v1')).toBeGreaterThan(known);
    expect(catalog.indexOf('orders')).toBe(catalog.index);
  });

  it('grows when a service gets a new name because of another', () => {
    table.say('a', { name: 'id' });
    const before = catalog.indexOf('id');
    table.say('b', { prefix: '/v2', name: 'id' });
    expect(names()).toEqual(['v1', 'v2']);
    expect(catalog.indexOf('id')).toBeGreaterThan(before);
    expect(catalog.indexOf('v1')).toBeGreaterThan(before);
  });
});

describe('waiting for a change', () => {
  it('ends with the next change', async () => {
    const changed = catalog.changed(new AbortController().signal);
    table.say('a');
    await changed;
  });

  it('ends when it is cancelled', async () => {
    const stop = new AbortController();
    const changed = catalog.changed(stop.signal);
    stop.abort();
    await changed;
    await catalog.changed(stop.signal);
  });
});

it('reports how long the gateway has been disconnected', () => {
  expect(catalog.staleMs).toBe(0);
  table.emit('disconnected');
  now += 1500;
  expect(catalog.staleMs).toBe(1500);
  table.emit('connected');
  expect(catalog.staleMs).toBe(0);
});
