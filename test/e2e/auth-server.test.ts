import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { generateServiceKey, publicKeyOf } from '@rollcall/client';
import { FILES } from '../support/certificates.ts';
import { hasSoketi } from '../support/available.ts';
import { ask, BrokerCluster, Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { freePort } from '../support/free-port.js';
import { GENERATE_V4, GENERATE_V5, Load } from '../support/load.ts';
import type { LoadRequest } from '../support/load.ts';
import { PROGRAMS } from '../support/processes.ts';
import type { Environment, RunningProgram } from '../support/processes.ts';
import { hasPythonClient, pythonService } from '../support/python.ts';

const KEY = generateServiceKey();

let folder: string;
let config: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-auth-'));
  config = join(folder, 'gateway.json');
});
afterAll(() => rmSync(folder, { recursive: true }));

let cluster: Cluster;
beforeEach(async () => {
  cluster = await Cluster.start();
});
afterEach(() => cluster.end());

function configure(change: object = {}): void {
  writeFileSync(
    config,
    JSON.stringify({ owners: { '/v1': [publicKeyOf(KEY)] }, auth: { port: 0 }, ...change }),
  );
}

/** A service that has its key, the URL of an auth server, and nothing else of the registry. */
function service(authUrl: string, env: Environment = {}): RunningProgram {
  return cluster.programs.node(PROGRAMS.idV5, [], {
    PORT: '0',
    ROLLCALL_AUTH_URL: authUrl,
    ROLLCALL_SERVICE_KEY: KEY,
    ...env,
  });
}

/** The same in Go, under /v2. */
function serviceInGo(authUrl: string): RunningProgram {
  const env = { ROLLCALL_AUTH_URL: authUrl, ROLLCALL_SERVICE_KEY: KEY };
  return cluster.programs.file(PROGRAMS.idV4, ['-http.port', '0'], env);
}

/** The same in Python, under /v1. */
async function serviceInPython(authUrl: string): Promise<RunningProgram> {
  const env = { ROLLCALL_AUTH_URL: authUrl, ROLLCALL_SERVICE_KEY: KEY, SERVER_NAME: 'python' };
  const server = { module: 'fastapi_app', server: 'uvicorn' } as const;
  return pythonService(cluster.programs, server, await freePort(), env);
}

async function authUrlOf(program: RunningProgram): Promise<string> {
  const [, url = ''] = await program.line(/auth server listens url=(\S+)/);
  return url;
}

const statusAt =
  (gateway: RunningGateway, prefix = '/v1') =>
  async () =>
    (await ask(`${gateway.url}${prefix}/health`)).status;

const REGISTRIES: [what: string, env: Environment][] = [
  ['a public', { ROLLCALL_CHANNEL: 'mapped-discovery' }],
  ['a private', { ROLLCALL_CHANNEL: 'private-mapped-discovery' }],
  [
    'an encrypted',
    {
      ROLLCALL_CHANNEL: 'private-encrypted-mapped-discovery',
      ROLLCALL_MASTER_KEY: randomBytes(32).toString('base64'),
    },
  ],
];

const KINDS: [
  which: string,
  kind: {
    prefix: string;
    start: (authUrl: string) => RunningProgram | Promise<RunningProgram>;
    request: LoadRequest;
    isSkipped?: boolean;
  },
][] = [
  ['in TypeScript', { prefix: '/v1', start: service, request: GENERATE_V5 }],
  ['in Go', { prefix: '/v2', start: serviceInGo, request: GENERATE_V4 }],
  [
    'in Python',
    {
      prefix: '/v1',
      start: serviceInPython,
      request: { path: '/v1/who' },
      isSkipped: !hasPythonClient,
    },
  ],
];

describe('a service with its service key alone', () => {
  describe.each(KINDS)('%s', (_which, { prefix, start, request, isSkipped = false }) => {
    it.skipIf(isSkipped).each(REGISTRIES)(
      'is served in %s registry, and leaves without a failed request',
      async (_what, env) => {
        configure({ owners: { [prefix]: [publicKeyOf(KEY)] } });
        const gateway = await cluster.gateway(['--config', config], env);
        const url = await authUrlOf(gateway.program);
        const registered = new RegExp(`registered (?:prefix=)?${prefix} `);
        const one = await start(url);
        await one.line(registered);
        await gateway.program.line(/authorized a subscription .*channel=presence-mapped-disc/);
        await expect.poll(statusAt(gateway, prefix)).toBe(200);
        const load = new Load(gateway.url, [request], { connections: 4 });
        await (await start(url)).line(registered);
        one.kill('SIGTERM');
        // uvicorn raises the signal again at its end.
        expect(['SIGTERM', 0]).toContain((await one.ended).signal ?? (await one.ended).code);
        await load.stop();
        expect(load.failures).toEqual([]);
        expect(load.answered).toBeGreaterThan(0);
      },
      90_000, // Python takes seconds to start while other tests run
    );
  });

  it.skipIf(!hasSoketi)('is served by another broker that is compatible with Pusher', async () => {
    configure();
    await cluster.end();
    cluster = await BrokerCluster.startWith('soketi');
    const gateway = await cluster.gateway(['--config', config], {
      ROLLCALL_CHANNEL: 'private-mapped-discovery',
    });
    await service(await authUrlOf(gateway.program)).line(/registered prefix=\/v1 /);
    await expect.poll(statusAt(gateway)).toBe(200);
  });

  it('serves while the auth server is away, and is registered once it is there', async () => {
    configure({ auth: { port: await freePort(), ...FILES.one } });
    const { auth } = JSON.parse(readFileSync(config, 'utf8')) as { auth: { port: number } };
    const gateway = await cluster.gateway();
    const program = service(`https://localhost:${auth.port}`, {
      NODE_EXTRA_CA_CERTS: FILES.one.cert,
    });
    await program.line(/not registered yet, retrying: no answer of the auth server .*ECONNREFUSED/);
    await authUrlOf(cluster.cli(['auth', '--config', config]));
    await program.line(/registered prefix=\/v1 /);
    await expect.poll(statusAt(gateway)).toBe(200);
  });

  it('stays while the auth server is away, and leaves by the next one', async () => {
    configure({ auth: { port: await freePort() } });
    const gateway = await cluster.gateway();
    const first = cluster.cli(['auth', '--config', config]);
    const program = service(await authUrlOf(first));
    await program.line(/registered prefix=\/v1 /);
    await expect.poll(statusAt(gateway)).toBe(200);
    first.end();
    await first.ended;
    expect(await statusAt(gateway)()).toBe(200);
    const next = cluster.cli(['auth', '--config', config]);
    await authUrlOf(next);
    program.kill('SIGTERM');
    await next.line(/published .*event=exit/);
    await expect(program.ended).resolves.toMatchObject({ code: 0 });
    expect(await statusAt(gateway)()).toBe(503);
  });

  it('joins again after the broker was lost', async () => {
    configure();
    const broker = await cluster.withBrokerProcess();
    cluster = broker;
    const gateway = await cluster.gateway(['--config', config]);
    await service(await authUrlOf(gateway.program)).line(/registered prefix=\/v1 /);
    await expect.poll(statusAt(gateway)).toBe(200);
    broker.broker.end();
    await broker.broker.ended;
    await broker.restartBroker();
    await gateway.program.nextLine(/connected/);
    const authorized = /authorized a subscription .*channel=presence-/;
    await expect
      .poll(() => gateway.program.lines.filter((line) => authorized.test(line)).length)
      .toBe(2);
    expect(await statusAt(gateway)()).toBe(200);
  });

  it('is out within a second of its key being taken away, and is refused from then on', async () => {
    configure();
    const gateway = await cluster.gateway(['--config', config]);
    const url = await authUrlOf(gateway.program);
    await service(url).line(/registered prefix=\/v1 /);
    await expect.poll(statusAt(gateway)).toBe(200);
    configure({ owners: { '/v1': [publicKeyOf(generateServiceKey())] } });
    await expect.poll(statusAt(gateway), { timeout: 1500 }).not.toBe(200);
    const late = service(url);
    await late.line(/the auth server at .* refused \(HTTP 403: \S+ owns no prefix here\.\)/);
  });
});

it('rollcall doctor examines what such a service depends on', async () => {
  configure();
  const gateway = await cluster.gateway(['--config', config]);
  const env = { ROLLCALL_AUTH_URL: await authUrlOf(gateway.program), ROLLCALL_SERVICE_KEY: KEY };
  const doctor = cluster.programs.node(PROGRAMS.cli, ['doctor'], env);
  await expect(doctor.ended).resolves.toMatchObject({ code: 0 });
  expect(doctor.output).toContain(`auth server    ${env.ROLLCALL_AUTH_URL} knows the service key`);
  expect(doctor.output).toMatch(/broker +127\.0\.0\.1:\d+ accepts connections/);
});

it('rollcall auth does not start with owners of nothing', async () => {
  writeFileSync(config, '{}');
  const program = cluster.cli(['auth', '--config', config]);
  await expect(program.ended).resolves.toMatchObject({ code: 2 });
  expect(program.output).toContain('no service may announce anything');
});
