import { fromIsoTimes } from '@rollcall/runtime';
import { describe, expect, it } from 'vitest';
import type { InstanceView } from '../../src/admin/views.ts';
import { access, EPOCH, setup, TOKEN } from './setup.ts';

type Setup = ReturnType<typeof setup>;

async function json(answer: Response): Promise<Record<string, never>> {
  return fromIsoTimes(await answer.json()) as Record<string, never>;
}

async function instances({ ask }: Setup, query = ''): Promise<readonly InstanceView[]> {
  return (await json(await ask(`/api/instances${query}`)))['instances'] ?? [];
}

const NONE = {
  names: [],
  instances: 0,
  healthy: 0,
  suspect: 0,
  down: 0,
  ejected: 0,
  draining: 0,
  drained: 0,
  routable: 0,
  isSuspect: false,
};

describe('services and instances', () => {
  it('counts the healthy instances of each service, and those that receive traffic', async () => {
    const { ask, say, probed, parted } = setup();
    say('register', 'a', { name: 'ids' });
    say('register', 'b', { port: 2, name: 'ids' });
    say('register', 'c', { port: 3, draining: true });
    say('register', 'd', { prefix: '/v2' });
    probed('b', 'refused');
    say('exit', 'd', { prefix: '/v2' });
    say('register', 'e', { port: 4, prefix: '/v3' });
    parted('e');
    expect(await json(await ask('/api/services'))).toEqual({
      services: [
        {
          ...NONE,
          prefix: '/v1',
          names: ['ids'],
          instances: 3,
          healthy: 1,
          down: 1,
          draining: 1,
          routable: 1,
        },
        { ...NONE, prefix: '/v2' },
        { ...NONE, prefix: '/v3', instances: 1, suspect: 1, routable: 1, isSuspect: true },
      ],
    });
  });

  it('shows the evidence for an instance, and when its lease ends', async () => {
    const made = setup();
    made.connected();
    made.state.now = 10;
    made.say('register', 'a', { ttl: 60 });
    made.state.now = 20;
    made.probed('a', 'ok');
    made.state.now = 30;
    made.probed('a', 'ok');
    const [view] = await instances(made);
    expect(view).toMatchObject({
      key: 'a',
      status: 'healthy',
      isRoutable: true,
      since: EPOCH + 10,
    });
    expect(view?.evidence).toEqual({
      announcedAt: EPOCH + 10,
      leaseEnds: EPOCH + 60_010,
      probe: { verdict: 'ok', by: 'probe', at: EPOCH + 30, times: 2 },
    });
  });

  it('restarts leases when the gateway reconnects', async () => {
    const made = setup();
    made.connected();
    made.state.now = 10;
    made.say('register', 'a', { ttl: 60 });
    const leaseEnds = async () => (await instances(made))[0]?.evidence.leaseEnds;
    made.state.now = 20_000;
    made.disconnected();
    expect(await leaseEnds()).toBe(EPOCH + 60_010);
    made.state.now = 30_000;
    made.connected();
    expect(await leaseEnds()).toBe(EPOCH + 90_000);
  });

  it('filters instances by prefix, in any spelling', async () => {
    const made = setup();
    made.say('register', 'a');
    made.say('register', 'b', { prefix: '/v2' });
    expect((await instances(made, '?prefix=/v2/')).map(({ key }) => key)).toEqual(['b']);
    expect(await instances(made, '?prefix=/v3')).toEqual([]);
  });

  it('filters instances by key', async () => {
    const made = setup();
    for (const id of ['a', 'b', 'c']) made.say('register', id, { prefix: `/${id}` });
    const keys = async (query: string) => (await instances(made, query)).map(({ key }) => key);
    expect(await keys('?key=c&key=a&key=nobody')).toEqual(['a', 'c']);
    expect(await keys('?key=c&key=a&prefix=/a')).toEqual(['a']);
    const many = Array.from({ length: 101 }, (_, index) => `key=${index}`).join('&');
    expect((await made.ask(`/api/instances?${many}`)).status).toBe(400);
  });

  it('includes traffic for the requested time', async () => {
    const history = [1, 2, 3].map((at) => ({ at, seconds: 5, requests: at, errors: 0 }));
    const made = setup({
      traffic: (key) => (key === 'a' ? { requests: 6, errors: 0, history } : undefined),
    });
    for (const id of ['a', 'b']) made.say('register', id, { prefix: `/${id}` });
    const told = async (query: string) =>
      (await instances(made, query)).map(({ traffic }) => traffic);
    expect(await told('')).toEqual([undefined, undefined]);
    expect(await told('?traffic=6')).toMatchObject([
      { requests: 6, history: [{ at: 2 }, { at: 3 }] },
      null,
    ]);
    for (const traffic of ['', '0', '1.5', 'x', '-1', '3601', '0x1'])
      expect((await made.ask(`/api/instances?traffic=${traffic}`)).status).toBe(400);
  });
});

describe('the state of discovery', () => {
  it('is connected, then disconnected and still ready, and expired after ten minutes', async () => {
    const { ask, say, state, connected, disconnected } = setup();
    const discovery = async () => (await json(await ask('/api/status')))['discovery'];
    connected();
    say('register', 'a');
    expect(await discovery()).toEqual({
      state: 'connected',
      since: EPOCH,
      brokers: [{ name: '127.0.0.1:6001', isConnected: true }],
    });
    state.now = 500;
    disconnected();
    state.now = 600_499;
    expect(await discovery()).toMatchObject({ state: 'disconnected', since: EPOCH + 500 });
    expect((await ask('/ready')).status).toBe(200);
    state.now = 600_500;
    expect(await discovery()).toMatchObject({ state: 'expired' });
    expect((await ask('/ready')).status).toBe(503);
    expect((await ask('/health')).status).toBe(200);
    connected();
    expect((await ask('/ready')).status).toBe(200);
  });

  it('is expired at once if the table is empty', async () => {
    const { ask, disconnected } = setup();
    disconnected();
    const answer = await ask('/ready');
    expect(answer.status).toBe(503);
    expect(await json(answer)).toMatchObject({ code: 'not-ready' });
  });

  it('shows other gateways, and how their tables differed', async () => {
    const { ask, observer, say, state } = setup();
    say('register', 'a');
    state.now = 40;
    observer.at(0).receive('rollcall', { nonce: 'x', digest: '', size: 0, from: 'rollcall-2' }, 40);
    const { peers } = await json(await ask('/api/status'));
    const peer = { name: 'rollcall-2', at: EPOCH + 40, size: 0 };
    expect(peers).toEqual([{ ...peer, missingThere: 1, missingHere: 0 }]);
  });
});

describe('access', () => {
  const drain = { method: 'POST' };

  it('needs no token for reading on loopback, and the token for changes', async () => {
    const { ask, say } = setup();
    say('register', 'a');
    expect((await ask('/api/status')).status).toBe(200);
    const refused = await ask('/api/instances/a/drain', drain);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="rollcall"');
    for (const token of ['wrong', `${TOKEN}x`, TOKEN.slice(1), 'ü'])
      expect((await ask('/api/instances/a/drain', { ...drain, token })).status).toBe(401);
    const basic = { authorization: `Basic ${btoa(`:${TOKEN}`)}` };
    expect((await ask('/api/instances/a/drain', { ...drain, headers: basic })).status).toBe(401);
    expect((await ask('/api/instances/a/drain', { ...drain, token: TOKEN })).status).toBe(200);
    const headers = { 'x-consul-token': TOKEN };
    expect((await ask('/api/instances/a/drain', { ...drain, headers })).status).toBe(200);
  });

  it('says how to set a token if there is none', async () => {
    const { ask } = setup({ access: access() });
    const answer = await ask('/api/instances/a/drain', { ...drain, token: TOKEN });
    expect(answer.status).toBe(403);
    expect((await json(answer))['detail']).toMatch(
      /ROLLCALL_ADMIN_TOKEN or --admin-token-file, or set adminTokens/,
    );
    expect(await json(await ask('/api/status'))).toMatchObject({ token: 'none' });
  });

  it('needs the token for reading off loopback, except for health and readiness', async () => {
    const { app } = setup({ access: access({ adminToken: TOKEN }, false) });
    const ask = (path: string, headers = {}) =>
      app.request(path, { headers: { host: 'gateway.example', ...headers } });
    for (const path of ['/api/status', '/api/instances', '/api/changes', '/nothing'])
      expect((await ask(path)).status).toBe(401);
    for (const path of ['/health', '/ready']) expect((await ask(path)).status).toBe(200);
    expect((await ask('/api/status', { authorization: `bearer ${TOKEN}` })).status).toBe(200);
  });
});

const act = (made: Setup, key: string, what: string) =>
  made.ask(`/api/instances/${encodeURIComponent(key)}/${what}`, { method: 'POST', token: TOKEN });

const forget = (made: Setup, prefix: string) =>
  made.ask(`/api/services/forget?prefix=${encodeURIComponent(prefix)}`, {
    method: 'POST',
    token: TOKEN,
  });

describe('what an operator has forgotten', () => {
  it('is an instance that is down, until its owner announces it again', async () => {
    const made = setup();
    made.say('register', 'a');
    const refused = await act(made, 'a', 'forget');
    expect([refused.status, await refused.json()]).toMatchObject([409, { code: 'not-down' }]);
    made.probed('a', 'refused');
    expect((await act(made, 'a', 'forget')).status).toBe(200);
    expect((await act(made, 'a', 'forget')).status).toBe(404);
    made.say('register', 'a');
    expect(made.observer.table.routable('/v1')).toHaveLength(1);
  });

  it('is a service whose instances are all down: its requests receive 404 again', async () => {
    const made = setup();
    made.say('register', 'a');
    made.say('register', 'b');
    made.probed('a', 'refused');
    made.say('register', 'b', { prefix: '/other', seq: 1 });
    expect((await forget(made, '/other')).status).toBe(409);
    expect((await forget(made, '/v1')).status).toBe(200);
    expect(made.observer.table.prefixes()).toEqual(['/other']);
    expect((await forget(made, '/v1')).status).toBe(404);
    expect((await forget(made, 'v1')).status).toBe(400);
  });

  it('needs the token', async () => {
    const made = setup();
    made.say('register', 'a');
    made.probed('a', 'refused');
    const post = { method: 'POST' };
    expect((await made.ask('/api/instances/a/forget', post)).status).toBe(401);
    expect((await made.ask('/api/services/forget?prefix=/v1', post)).status).toBe(401);
  });
});

describe('a drain by an operator', () => {
  it('stops traffic to an instance until it is undrained', async () => {
    const made = setup();
    made.say('register', 'a');
    made.say('register', 'b', { port: 2 });
    const drained = (await (await act(made, 'a', 'drain')).json()) as InstanceView;
    expect(drained).toMatchObject({
      key: 'a',
      isDrained: true,
      isRoutable: false,
      status: 'healthy',
    });
    expect(made.observer.table.routable('/v1').map(({ key }) => key)).toEqual(['b']);
    const { verdict } = (await json(await made.ask('/api/explain?path=/v1'))) as never;
    expect(verdict).toBe('to 1 of 2 instances of /v1');

    expect(await (await act(made, 'a', 'undrain')).json()).toMatchObject({ isRoutable: true });
    expect(made.journal.of('a').map(({ what, why }) => [what, why])).toEqual([
      ['register from its owner (inc 1, seq 0)', 'it announced itself'],
      ['operator: drained', 'an operator drains it here'],
      ['operator: undrained', 'an operator has ended its drain here'],
    ]);
  });

  it('lasts across updates, and ends when the instance restarts', async () => {
    const made = setup();
    made.say('register', 'a');
    await act(made, 'a', 'drain');
    made.say('register', 'a', { seq: 1, weight: 2 });
    expect(await instances(made)).toMatchObject([{ isDrained: true, isRoutable: false }]);
    made.say('register', 'a', { inc: 2 });
    expect(await instances(made)).toMatchObject([{ isDrained: false, isRoutable: true }]);
  });

  it('finds a legacy instance by its key', async () => {
    const made = setup();
    made.say('register', 'a', { id: undefined, inc: undefined });
    const [{ key } = { key: '' }] = await instances(made);
    expect(key).toBe('/v1 10.0.0.1 1');
    expect((await act(made, key, 'drain')).status).toBe(200);
    expect(await instances(made)).toMatchObject([{ isDrained: true }]);
  });

  it('answers 404 for an unknown instance', async () => {
    const answer = await act(setup(), 'nobody', 'drain');
    expect(answer.status).toBe(404);
    expect(await json(answer)).toMatchObject({ code: 'unknown-instance' });
  });
});
