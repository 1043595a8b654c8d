import { describe, expect, it } from 'vitest';
import { Journal, Observer } from '@rollcall/protocol';
import { explain } from '../../src/admin/explain.ts';
import { statesOf } from '../catalog/live-table.ts';
import type { FilterView } from '../../src/filters/filters.ts';

const EPOCH = 1_700_000_000_000;

/** An observer with its journal, as a gateway has them, and what would be explained. */
function setup() {
  const journal = new Journal();
  const observer = new Observer({ probes: 'always', answers: true, nonce: () => 'n', journal });
  const state = { now: 0, isConnected: true };
  const { table } = observer;
  const directory = {
    knows: (prefix: string) => table.knows(prefix),
    routable: (prefix: string) => table.routable(prefix),
    instances: (prefix?: string) => (prefix === undefined ? table.all() : table.instances(prefix)),
    get isConnected() {
      return state.isConnected;
    },
  };
  const say = (event: 'register' | 'exit', id: string, fields: object = {}): void => {
    const place = { prefix: '/v1', address: '10.0.0.1', port: 1, id, inc: 1, ...fields };
    observer.receive(event, place, state.now);
  };
  const probed = (key: string, verdict: 'ok' | 'refused' | 'failed'): void => {
    observer.learn({ type: 'probed', key, verdict, by: 'probe' }, state.now);
  };
  const filters: Record<string, FilterView[]> = {};
  const routes = {
    hasRoute: (prefix: string) => prefix in filters,
    filtersOf: (prefix: string) => filters[prefix] ?? [],
  };
  const told = (path: string) =>
    explain(path, { directory, states: statesOf(directory), journal, routes, epoch: EPOCH });
  return { observer, journal, state, filters, say, probed, told };
}

describe('explain', () => {
  it.each([
    ['/v1', '/v1'],
    ['/v1/generate', '/v1'],
    ['/v1/x/y?q=1', '/v1/x'],
    ['/v1?q=/v2', '/v1'],
    ['/v1x', undefined],
    ['/', undefined],
    ['//v1', undefined],
    ['', undefined],
    ['v1', undefined],
    ['*', undefined],
    ['/%zz/\u0000', undefined],
    [`/${'x/'.repeat(5000)}`, undefined],
  ])('finds the prefix of %j as the router does', (path, prefix) => {
    const { say, told } = setup();
    say('register', 'a');
    say('register', 'b', { prefix: '/v1/x' });
    expect(told(path).prefix).toBe(prefix);
    if (prefix === undefined) expect(told(path).verdict).toMatch(/^nowhere \(404\)/);
  });

  it('shows the catch-all as /', () => {
    const { say, told } = setup();
    say('register', 'a', { prefix: '' });
    expect(told('/any')).toMatchObject({ prefix: '', verdict: 'to 1 of 1 instances of /' });
  });

  it('shows where requests go, with each instance and its history', () => {
    const { state, say, probed, told } = setup();
    say('register', 'a');
    say('register', 'b', { port: 2 });
    say('register', 'c', { port: 3, draining: true });
    state.now = 50;
    probed('b', 'refused');
    const { verdict, instances } = told('/v1/x');
    expect(verdict).toBe('to 1 of 3 instances of /v1');
    expect(instances.map(({ key, status, isRoutable }) => [key, status, isRoutable])).toEqual([
      ['a', 'healthy', true],
      ['b', 'down', false],
      ['c', 'healthy', false],
    ]);
    expect(instances[1]?.history.at(-1)).toEqual({
      at: EPOCH + 50,
      last: EPOCH + 50,
      times: 1,
      what: 'probe: refused',
      change: 'down',
      why: 'its port refuses connections',
    });
  });

  it('shows that all instances are suspect, that none receives traffic, or that all have left', () => {
    const { observer, say, probed, told } = setup();
    say('register', 'a');
    observer.departed('a', 1, 0);
    expect(told('/v1').verdict).toMatch(/^to 1 of 1 instances of \/v1: none is healthy/);
    probed('a', 'refused');
    expect(told('/v1').verdict).toMatch(
      /^nowhere \(503\): 0 of 1 instances of \/v1 receive traffic$/,
    );
    say('exit', 'a');
    const { verdict, instances, gone } = told('/v1');
    expect(verdict).toBe('nowhere (503): every instance of /v1 has left');
    expect(instances).toEqual([]);
    expect(gone.map(({ key, history }) => [key, history.at(-1)?.change])).toEqual([['a', 'left']]);
  });

  it('shows the link, and that the table may be out of date without it', () => {
    const { observer, state, say, told } = setup();
    observer.subscribed(0);
    say('register', 'a');
    state.now = 70;
    observer.disconnected(70);
    state.isConnected = false;
    expect(told('/v1').verdict).toMatch(
      /not connected to the broker, so its table may be out of date$/,
    );
    expect(told('/none').link.map(({ at, what }) => [at, what])).toEqual([
      [EPOCH, 'connected'],
      [EPOCH + 70, 'disconnected'],
    ]);
  });

  it('shows the filters of a route, also of one that no service has registered', () => {
    const { filters, say, told } = setup();
    filters['/v1'] = [{ name: 'cors', effect: 'answers preflights' }];
    filters['/old'] = [{ name: 'redirect', effect: 'redirects to host x (302)' }];
    say('register', 'a');
    expect(told('/v1/x').filters).toEqual(filters['/v1']);
    expect(told('/old/x')).toMatchObject({
      prefix: '/old',
      verdict: 'nowhere (404) unless a filter answers: no service has registered /old',
      filters: filters['/old'],
    });
    expect(told('/none').filters).toEqual([]);
  });

  it('shows refused messages of any prefix', () => {
    const { journal, told } = setup();
    journal.refuse('register', { code: 'bad-port', reason: 'port is 0' }, 5);
    expect(told('/none').refused).toEqual([
      { at: EPOCH + 5, event: 'register', code: 'bad-port', reason: 'port is 0' },
    ]);
  });
});
