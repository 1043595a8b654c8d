import { describe, expect, it } from 'vitest';
import { Journal, Observer } from '@rollcall/protocol';
import { explain } from '../../src/admin/explain.ts';
import { statesOf } from '../catalog/live-table.ts';
import { dryRun } from '../../src/routing/dry-run.ts';
import type { DryRequest } from '../../src/routing/dry-run.ts';
import { routingSettings } from '../../src/settings/config.ts';
import type { RoutingConfig } from '../../src/settings/config.ts';
import { DRY_SERVICES } from '../filters/filter-services.ts';

const EPOCH = 1_700_000_000_000;

/** An observer with its journal, as a gateway has them, and what would be explained. */
function setup() {
  const journal = new Journal();
  const observer = new Observer({ probes: 'always', answers: true, nonce: () => 'n', journal });
  const state = { now: 0, isConnected: true };
  const { table } = observer;
  const directory = {
    knows: (prefix: string) => table.knows(prefix),
    prefixes: () => table.prefixes(),
    routable: (prefix: string) => table.routable(prefix),
    instances: (prefix?: string) => (prefix === undefined ? table.all() : table.instances(prefix)),
    presence: () => [],
    get isConnected() {
      return state.isConnected;
    },
  };
  const say = (event: 'register' | 'exit', id: string, fields: object = {}): void => {
    const place = { prefix: '/v1', address: '10.0.0.1', port: 1, id, inc: 1, ...fields };
    observer.at(0).receive(event, place, state.now);
  };
  const probed = (key: string, verdict: 'ok' | 'refused' | 'failed'): void => {
    observer.learn({ type: 'probed', key, verdict, by: 'probe' }, state.now);
  };
  async function explained(
    target: string,
    request: Partial<DryRequest> = {},
    config?: RoutingConfig,
  ) {
    const asked = { method: 'GET', target, host: 'localhost', headers: [], isSecure: false };
    const sent = { ...asked, ...request };
    const settings = routingSettings(config ?? {});
    const outcome = await dryRun(sent, {
      table: directory,
      settings,
      services: DRY_SERVICES,
      proxy: { limits: settings.limits },
      pseudonym: 'rollcall-1',
    });
    return explain(sent, outcome, {
      directory,
      states: statesOf(directory),
      journal,
      epoch: EPOCH,
    });
  }
  return { observer, journal, state, say, probed, explained };
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
  ])('finds the prefix of %j as the router does', async (path, prefix) => {
    const { say, explained } = setup();
    say('register', 'a');
    say('register', 'b', { prefix: '/v1/x' });
    expect((await explained(path)).prefix).toBe(prefix);
    if (prefix === undefined) expect((await explained(path)).verdict).toMatch(/^nowhere \(4\d\d\)/);
  });

  it('shows the catch-all as /', async () => {
    const { say, explained } = setup();
    say('register', 'a', { prefix: '' });
    expect(await explained('/any')).toMatchObject({
      prefix: '',
      verdict: 'to 1 of 1 instances of /',
    });
  });

  it('shows where requests go, with each instance and its history', async () => {
    const { state, say, probed, explained } = setup();
    say('register', 'a');
    say('register', 'b', { port: 2 });
    say('register', 'c', { port: 3, draining: true });
    state.now = 50;
    probed('b', 'refused');
    const { verdict, instances } = await explained('/v1/x');
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

  it('shows that all instances are suspect, that none receives traffic, or that all have left', async () => {
    const { observer, say, probed, explained } = setup();
    say('register', 'a');
    observer.at(0).departed('a', 1, 0);
    expect((await explained('/v1')).verdict).toMatch(
      /^to 1 of 1 instances of \/v1: none is healthy/,
    );
    probed('a', 'refused');
    expect((await explained('/v1')).verdict).toMatch(
      /^nowhere \(503\): 0 of 1 instances of \/v1 receive traffic$/,
    );
    say('exit', 'a');
    const { verdict, instances, gone } = await explained('/v1');
    expect(verdict).toBe('nowhere (503): every instance of /v1 has left');
    expect(instances).toEqual([]);
    expect(gone.map(({ key, history }) => [key, history.at(-1)?.change])).toEqual([['a', 'left']]);
  });

  it('shows the link, and that the table may be out of date without it', async () => {
    const { observer, state, say, explained } = setup();
    observer.at(0).subscribed(0);
    say('register', 'a');
    state.now = 70;
    observer.at(0).disconnected(70);
    state.isConnected = false;
    expect((await explained('/v1')).verdict).toMatch(
      /not connected to the broker, so its table may be out of date$/,
    );
    expect((await explained('/none')).link.map(({ at, what }) => [at, what])).toEqual([
      [EPOCH, 'connected'],
      [EPOCH + 70, 'disconnected'],
    ]);
  });

  it('shows the filters of a route, and the answer of one that no service has registered', async () => {
    const { say, explained } = setup();
    say('register', 'a');
    const config: RoutingConfig = {
      cors: { origins: ['https://x.example'] },
      routes: { '/old': { redirect: { host: 'new.example' } } },
    };
    expect((await explained('/v1/x', {}, config)).filters.map(({ name }) => name)).toEqual([
      'cors',
    ]);
    const old = await explained('/old/x?y', {}, config);
    expect(old).toMatchObject({ prefix: '/old' });
    expect(old.verdict).toMatch(
      /^to the filter redirect, which answers 30\d with Location http:\/\/new\.example/,
    );
    expect((await explained('/none')).filters).toEqual([]);
  });

  it.each<[string, string, Partial<DryRequest>]>([
    ['/v1/../x', 'nowhere (400): The path leaves the prefix /v1 after `..` is resolved.', {}],
    ['/v1/%2e%2e%2fx', 'nowhere (400): The path leaves the prefix /v1 after `..` is resolved.', {}],
    ['v1', 'nowhere (400): The request target must start with "/".', {}],
    ['/v1', 'nowhere (501): The method FOO is not supported.', { method: 'FOO' }],
    [
      '/v1',
      'nowhere (404): This gateway does not serve the host "x.example".',
      { host: 'x.example' },
    ],
    [
      '/v1',
      'nowhere (413): The body is larger than 10 bytes.',
      { method: 'POST', headers: [['Content-Length', '11']] },
    ],
    [
      '/v1',
      'nowhere (508): Its Via field shows that it has passed through this proxy before.',
      { headers: [['Via', '1.1 rollcall-1']] },
    ],
  ])('says of %s what its request is answered: %s', async (target, verdict, request) => {
    const { say, explained } = setup();
    say('register', 'a');
    const explanation = await explained(target, request, { limits: { bodyBytes: 10 } });
    expect(explanation.verdict).toBe(verdict);
    expect(verdict).toContain(`(${explanation.status})`);
  });

  it('shows what the instance receives, and how the route balances, retries and limits', async () => {
    const { say, explained } = setup();
    say('register', 'a', { policy: { balancing: 'least-request', retries: false } });
    const config: RoutingConfig = { routes: { '/v1': { limits: { answerMs: 1234 } } } };
    const { target, route } = await explained('/v1/x?y=1', {}, config);
    expect(target).toBe('/x?y=1');
    expect(route).toMatchObject({
      strip: true,
      balancing: { policy: 'least-request', maxInFlight: 1024 },
      retries: { share: 0, perSecond: 0 },
      limits: { answerMs: 1234 },
    });
  });

  it('shows refused messages of any prefix', async () => {
    const { journal, explained } = setup();
    journal.refuse('register', { code: 'bad-port', reason: 'port is 0' }, 5);
    expect((await explained('/none')).refused).toEqual([
      { at: EPOCH + 5, event: 'register', code: 'bad-port', reason: 'port is 0' },
    ]);
  });
});
