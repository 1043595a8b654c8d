import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ADMIN_PROBLEMS } from '@rollcall/gateway';
import type { VersionView } from '../../src/rollout/version-state.ts';
import { EPOCH, setup, TOKEN } from './setup.ts';

interface Operation {
  readonly responses: Readonly<Record<string, { $ref?: string; content?: object }>>;
}

const file = new URL('../../../../docs/reference/openapi.yaml', import.meta.url);
const description = parse(readFileSync(file, 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
};
const ajv = new Ajv2020({ strict: false });
ajv.addSchema(description, 'api');

/** What is wrong with a value, by one of the schemas. */
function faults(schema: string, value: unknown): unknown {
  const validate = ajv.getSchema(`api#/components/schemas/${schema}`);
  if (validate === undefined) throw new Error(`there is no schema ${schema}`);
  return validate(value) === true ? [] : validate.errors;
}

/** Something of everything: doubts, probes, leases, a drain, a refusal, another gateway, traffic. */
function busy() {
  const history = [{ at: EPOCH, seconds: 5, requests: 9, errors: 1, p50: 1.5, p99: 20 }];
  const figures = { requests: 1204, failures: 37, medianMs: 20.5, p95Ms: 80 };
  const held: VersionView = {
    version: '1.5',
    state: 'held',
    why: 'it fails',
    instances: 1,
    share: 0,
    compared: { own: figures, old: { requests: 0, failures: 0 } },
  };
  const made = setup({
    exposure: () => [
      { code: 'public-channel', severity: 'medium', found: 'it is public', advice: 'end it' },
    ],
    rollouts: {
      of: (prefix) => (prefix === '/v1' ? [held] : []),
      decide: (prefix, version) => (prefix === '/v1' && version === '1.5' ? held : undefined),
      listen: () => {},
    },
    traffic: (key) => (key === 'a' ? { requests: 9, errors: 1, history } : undefined),
  });
  const { say, probed, parted, connected, disconnected, journal, observer } = made;
  connected();
  say('register', 'a', { ttl: 60, name: 'ids', weight: 2, meta: { x: 'y' }, other: 1 });
  say('register', 'b', { port: 2 });
  say('register', 'c', { port: 3, draining: true });
  say('register', 'd', { id: undefined, inc: undefined, prefix: '' });
  say('register', 'gone', { port: 4 });
  say('exit', 'gone', { port: 4 });
  say('register', 'other', { port: 5, prefix: '/gone' });
  say('exit', 'other', { port: 5, prefix: '/gone' });
  probed('a', 'ok');
  parted('b');
  probed('b', 'refused');
  journal.refuse('register', { code: 'bad-port', reason: 'port is 0' }, 5);
  observer.at(0).receive('rollcall', { nonce: 'x', digest: '', size: 3, from: 'rollcall-2' }, 6);
  disconnected();
  return made;
}

const CASES: [operation: string, target: string, schema: string][] = [
  ['get /health', '/health', 'Alive'],
  ['get /ready', '/ready', 'Ready'],
  ['get /api/status', '/api/status', 'Status'],
  ['get /api/services', '/api/services', 'Services'],
  ['get /api/instances', '/api/instances', 'Instances'],
  ['post /api/instances/{key}/drain', '/api/instances/a/drain', 'Instance'],
  ['post /api/instances/{key}/undrain', '/api/instances/a/undrain', 'Instance'],
  ['post /api/instances/{key}/forget', '/api/instances/b/forget', 'Instance'],
  ['post /api/services/forget', '/api/services/forget?prefix=/gone', 'Service'],
  [
    'post /api/services/versions',
    '/api/services/versions?prefix=/v1&version=1.5&decision=hold',
    'Version',
  ],
  ['get /api/explain', '/api/explain?path=/v1', 'Explanation'],
  ['get /api/changes', '/api/changes', 'State'],
  ['get /api/audit', '/api/audit', 'Audit'],
  ['get /api/exposure', '/api/exposure', 'Exposure'],
];

const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method} ${path}`),
);

describe('docs/reference/admin-api.md', () => {
  it('has exactly the operations of the API', () => {
    const page = readFileSync(new URL('admin-api.md', file), 'utf8');
    const rows = [...page.matchAll(/^\| `(GET|POST) (\S+)` \|/gm)];
    const listed = rows.map(([, method = '', path]) => `${method.toLowerCase()} ${path}`);
    expect(listed.toSorted()).toEqual(operations.toSorted());
  });
});

describe('docs/reference/openapi.yaml', () => {
  it('has exactly the routes of the app', () => {
    const routes = setup().app.routes.filter(({ method }) => method !== 'ALL');
    const real = routes.map(
      ({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`,
    );
    expect(operations.toSorted()).toEqual(real.toSorted());
  });

  it('has a case here for every operation', () => {
    expect(CASES.map(([operation]) => operation).toSorted()).toEqual(operations.toSorted());
  });

  it.each(CASES)('describes the response of %s', async (operation, target, schema) => {
    const [method = '', path = ''] = operation.split(' ');
    const answer = await busy().ask(target, { method: method.toUpperCase(), token: TOKEN });
    expect(answer.status).toBe(200);
    const described = description.paths[path]?.[method]?.responses['200']?.content ?? {};
    const [type = ''] = answer.headers.get('content-type')?.split(';') ?? [];
    expect(Object.keys(described)).toContain(type);
    expect(
      faults(schema, type === 'application/json' ? await answer.json() : await first(answer)),
    ).toEqual([]);
    if (type === 'application/json') expect(JSON.stringify(described)).toContain(`/${schema}"`);
  });

  it('describes each line of the audit log', async () => {
    const { ask, audit } = busy();
    await ask('/api/instances/a/drain', { method: 'POST', token: TOKEN });
    await ask('/api/instances/a/forget', { method: 'POST', token: TOKEN });
    const settings = ['routes./v1'];
    audit.record({ action: 'reload', target: { file: 'a.json' }, result: 'accepted', settings });
    expect(faults('Audit', await (await ask('/api/audit')).json())).toEqual([]);
    const lines = (await (await ask('/api/audit?format=jsonl')).text()).trim().split('\n');
    expect(lines.map((line) => faults('AuditEntry', JSON.parse(line)))).toEqual([[], [], []]);
  });

  it('describes at which of several brokers an instance is present', async () => {
    const { ask, say, state, observer, connected } = busy();
    state.brokers = ['127.0.0.1:6001', '127.0.0.1:6002', '127.0.0.1:6003'];
    connected();
    say('register', 'e', { port: 7 });
    const run = { prefix: '/v1', address: '10.0.0.1', port: 7, id: 'e', inc: 1, seq: 0 };
    observer.at(0).joined('e', { userId: 'e~1', userInfo: run }, 0);
    observer.at(1).departed('e', 1, 0);
    const instances = await (await ask('/api/instances?key=e&key=a')).json();
    const brokers = [
      { name: '127.0.0.1:6001', isConnected: true, presence: 'present' },
      { name: '127.0.0.1:6002', isConnected: true, presence: 'absent' },
      { name: '127.0.0.1:6003', isConnected: true, presence: 'unknown' },
    ];
    // One with a lease is in no presence channel.
    expect(instances).toMatchObject({
      instances: [
        { evidence: expect.not.objectContaining({ brokers }) as object },
        { evidence: { brokers } },
      ],
    });
    expect(faults('Instances', instances)).toEqual([]);
    const explained = await (await ask('/api/explain?path=/v1')).json();
    expect(JSON.stringify(explained)).toContain(JSON.stringify({ brokers }).slice(1, -1));
    expect(faults('Explanation', explained)).toEqual([]);
  });

  it('describes traffic', async () => {
    const answer = await (await busy().ask('/api/instances?key=a&key=b&traffic=60')).json();
    expect(answer).toMatchObject({ instances: [{ traffic: { requests: 9 } }, { traffic: null }] });
    expect(faults('Instances', answer)).toEqual([]);
  });

  it('describes the events that follow the state', async () => {
    const { ask, say, events } = busy();
    const answer = await ask('/api/changes');
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    say('register', 'e', { port: 7 });
    events.emit('rejected', 'over quota');
    for (const _ of [1, 2]) expect(faults('Event', data((await reader.read()).value))).toEqual([]);
    await reader.cancel();
  });

  it.each([
    ['GET', '/api/nothing', 404],
    ['GET', '/api/explain', 400],
    ['DELETE', '/api/status', 401],
    ['GET', '/api/instances/a/drain', 405],
  ])('describes the error of %s %s', async (method, target, status) => {
    const answer = await busy().ask(target, { method });
    expect(answer.status).toBe(status);
    const problem = (await answer.json()) as { code: string };
    expect(faults('Problem', problem)).toEqual([]);
    expect(Object.keys(ADMIN_PROBLEMS)).toContain(problem.code);
  });

  it('rejects a field that it does not describe', () => {
    expect(faults('Alive', { isAlive: true, more: 1 })).not.toEqual([]);
    expect(faults('Status', {})).not.toEqual([]);
  });
});

async function first(answer: Response): Promise<unknown> {
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return data(value);
}

function data(chunk: Uint8Array | undefined): unknown {
  return JSON.parse(/^data: (.*)$/m.exec(new TextDecoder().decode(chunk))?.[1] ?? '');
}
