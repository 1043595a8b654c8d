import { Resolver } from 'node:dns/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { discover, registryFromEnv } from '@rollcall/client';
import type { Directory } from '@rollcall/client';
import type { InstanceView } from '@rollcall/gateway';
import { hasGo, hasPython } from '../support/available.ts';
import { ask, Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { Scratch } from '../support/document.ts';
import { freePort } from '../support/free-port.js';
import { childrenOf, PROGRAMS } from '../support/processes.ts';
import type { RunningProgram } from '../support/processes.ts';

const NAMED_SERVICE = new URL('../support/named-service.js', import.meta.url).pathname;
const SHARED_PORT_SERVICE = new URL('../support/shared-port-service.js', import.meta.url).pathname;

/** Knows nothing of Rollcall: `rollcall run` registers it. */
const PLAIN_SERVICE = `
  require('node:http').createServer((request, response) => response.end('alpha'))
    .listen(Number(process.argv[1]), process.argv[2]);
`;

let cluster: Cluster;
let gateway: RunningGateway;
let directory: Directory;
let dnsPort: number;
const scratch = new Scratch();
beforeEach(async () => {
  cluster = await Cluster.start();
  dnsPort = await freePort();
  gateway = await cluster.gateway(['--dns-port', String(dnsPort)]);
  directory = await discover({ registry: registryFromEnv(cluster.env), probes: 'always' });
});
afterEach(async () => {
  directory.close();
  await cluster.end();
  scratch.clear();
});

interface Service {
  readonly address?: string;
  readonly mode?: 'presence' | 'lease';
  readonly processes?: number;
}

async function sdk(name: string, port: number, prefixes: string[], service: Service = {}) {
  const { address = '127.0.0.1', mode = 'presence', processes = 1 } = service;
  const args = [name, address, String(port), mode, String(processes), ...prefixes];
  const program = cluster.programs.node(NAMED_SERVICE, args, cluster.env);
  for (let count = 0; count < processes; count++)
    await vi.waitUntil(() => program.output.split('all registered').length > processes);
  return program;
}

/** On a port that it shares with others, if they ask for it too. */
async function sharing(name: string, port: number): Promise<RunningProgram> {
  const args = [name, String(port), `/${name}`];
  const program = cluster.programs.node(SHARED_PORT_SERVICE, args, cluster.env);
  await program.line(/all registered/);
  return program;
}

async function run(port: number): Promise<RunningProgram> {
  const command = ['node', '-e', PLAIN_SERVICE, String(port), '127.0.0.1'];
  const program = cluster.cli([
    'run',
    '--prefix',
    '/alpha',
    '--port',
    String(port),
    '--',
    ...command,
  ]);
  await program.line(/registered prefix=\/alpha/);
  return program;
}

async function go(port: number): Promise<RunningProgram> {
  const program = cluster.programs.file(PROGRAMS.idV4, ['-http.port', String(port)], cluster.env);
  await program.line(/registered \/v2 /);
  return program;
}

/** Ends a program and what it started, without a chance to leave. */
async function crash(program: RunningProgram): Promise<void> {
  const children = childrenOf(program.pid);
  program.kill('SIGKILL');
  for (const child of children) process.kill(child, 'SIGKILL');
  await program.ended;
}

async function json<T>(path: string): Promise<T> {
  return JSON.parse((await ask(`${gateway.adminUrl}${path}`)).body) as T;
}

/** How often each observer has a service as one that receives traffic. */
async function counts(prefix: string, name = prefix.slice(1)) {
  const { instances } = await json<{ instances: InstanceView[] }>('/api/instances');
  const targets = await json<{ labels: Record<string, string> }[]>('/sd/prometheus');
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${dnsPort}`]);
  const records = await resolver.resolveSrv(`_${name}._tcp.service.rollcall`).catch(() => []);
  const isPassing = (labels: Record<string, string>) =>
    labels['__meta_rollcall_health'] === 'passing' && labels['__meta_rollcall_prefix'] === prefix;
  return {
    api: instances.filter((each) => each.announcement.prefix === prefix && each.isRoutable).length,
    consul: (await json<unknown[]>(`/v1/health/service/${name}?passing=true`)).length,
    prometheus: targets.filter(({ labels }) => isPassing(labels)).length,
    dns: records.length,
    discover: directory.routable(prefix).length,
  };
}

const everywhere = (count: number) => ({
  api: count,
  consul: count,
  prometheus: count,
  dns: count,
  discover: count,
});

const isShown = (prefix: string, count: number, name?: string) =>
  vi.waitFor(async () => expect(await counts(prefix, name)).toEqual(everywhere(count)));

async function listed(): Promise<string[]> {
  const program = cluster.cli(['ls', '--json']);
  await program.ended;
  const { lines } = program;
  const list = lines.slice(lines.indexOf('['), lines.indexOf(']') + 1).join('\n') || '[]';
  const instances = JSON.parse(list) as { prefix: string; state: string }[];
  return instances.filter(({ state }) => state !== 'down').map(({ prefix }) => prefix);
}

/** Sends requests on connections of their own; returns the distinct answers. */
async function answers(url: string, prefix: string): Promise<(string | number)[]> {
  const all = await Promise.all(Array.from({ length: 20 }, () => ask(`${url}${prefix}/x`)));
  return [...new Set(all.map(({ status, body }) => (status === 200 ? body : status)))];
}

interface Case {
  readonly of: string;
  /** As catalogs name it. */
  readonly name: string;
  readonly prefix: string;
  readonly address?: string;
  readonly start: (port: number) => Promise<RunningProgram>;
}

const CASES: readonly Case[] = [
  {
    of: 'the SDK',
    name: 'alpha',
    prefix: '/alpha',
    start: (port) => sdk('alpha', port, ['/alpha']),
  },
  {
    of: 'the SDK with a lease',
    name: 'alpha',
    prefix: '/alpha',
    start: (port) => sdk('alpha', port, ['/alpha'], { mode: 'lease' }),
  },
  {
    of: 'a container whose address is handed on',
    name: 'alpha',
    prefix: '/alpha',
    address: '127.0.0.9',
    start: (port) => sdk('alpha', port, ['/alpha'], { address: '127.0.0.9' }),
  },
  { of: '`rollcall run`', name: 'alpha', prefix: '/alpha', start: run },
  ...(hasGo ? [{ of: 'Go', name: 'id-v4', prefix: '/v2', start: go }] : []),
];

describe.each(CASES)('the port of a killed instance of $of', ({ name, prefix, address, start }) => {
  it('belongs to the service that takes it, at every observer', { timeout: 90_000 }, async () => {
    const snapshot = ['--snapshot', scratch.file('snapshot.json', '')];
    const early = await cluster.gateway(snapshot);
    const port = await freePort();
    const killed = await start(port);
    await isShown(prefix, 1, name);
    await early.program.line(/route registered/);
    early.program.kill('SIGTERM');
    await early.program.ended;

    await crash(killed);
    await isShown(prefix, 0, name);
    await sdk('beta', port, ['/beta'], address === undefined ? {} : { address });
    await isShown('/beta', 1);
    const restarted = await cluster.gateway(snapshot);
    for (const { url } of [gateway, restarted]) {
      await vi.waitFor(async () => expect(await answers(url, '/beta')).toEqual(['beta']));
      expect(await answers(url, prefix)).toEqual([503]);
    }
    expect(await counts(prefix, name)).toEqual(everywhere(0));
    expect(await listed()).toEqual(['/beta']);
  });
});

describe('an endpoint', () => {
  it('stands once after its service was killed and started there twice', async () => {
    const port = await freePort();
    for (let count = 0; count < 2; count++) {
      const program = await sdk('alpha', port, ['/alpha']);
      await isShown('/alpha', 1);
      await crash(program);
    }
    await sdk('alpha', port, ['/alpha']);
    await isShown('/alpha', 1);
    expect(await answers(gateway.url, '/alpha')).toEqual(['alpha']);
    expect(await listed()).toEqual(['/alpha']);
  });

  it('stands once for each prefix of one process', async () => {
    await sdk('both', await freePort(), ['/alpha', '/beta']);
    for (const prefix of ['/alpha', '/beta']) {
      await isShown(prefix, 1);
      expect(await answers(gateway.url, prefix)).toEqual(['both']);
    }
    expect(await listed()).toEqual(['/alpha', '/beta']);
  });

  it('stands once for processes that share it, and stays when one is killed', async () => {
    const siblings = await sdk('alpha', await freePort(), ['/alpha'], { processes: 2 });
    await isShown('/alpha', 1);
    const [child = 0] = childrenOf(siblings.pid);
    process.kill(child, 'SIGKILL');
    await vi.waitUntil(() => directory.entries().length === 1);
    await isShown('/alpha', 1);
    expect(await answers(gateway.url, '/alpha')).toEqual(['alpha']);
  });
});

describe.skipIf(!hasPython)('a port that programs share by SO_REUSEPORT', () => {
  it('stands once for programs of one prefix, and stays when one is killed', async () => {
    const port = await freePort();
    const programs = [await sharing('alpha', port), await sharing('alpha', port)];
    for (const killed of programs) {
      await isShown('/alpha', 1);
      expect(await answers(gateway.url, '/alpha')).toEqual(['alpha']);
      await crash(killed);
      await vi.waitUntil(() => directory.entries().length === 1);
    }
    await isShown('/alpha', 0);
  });

  it.each([
    { killed: 'alpha', other: 'beta' },
    { killed: 'beta', other: 'alpha' },
  ] as const)('is left to $other when $killed is killed', async ({ killed, other }) => {
    const port = await freePort();
    const programs = { alpha: await sharing('alpha', port), beta: await sharing('beta', port) };
    await isShown('/alpha', 1);
    await isShown('/beta', 1);
    await crash(programs[killed]);
    await isShown(`/${killed}`, 0);
    await isShown(`/${other}`, 1);
    expect(await answers(gateway.url, `/${killed}`)).toEqual([503]);
    expect(await answers(gateway.url, `/${other}`)).toEqual([other]);
  });
});
