import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countUp } from '../support/admin.ts';
import { ask, Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import type { RunningProgram } from '../support/processes.ts';

/** All copies arrive, however slow this machine is. */
const MIRROR = { version: '1.5', maxInFlight: 1000, timeoutMs: 60_000 };
const TIGHT = { versions: { mirror: { maxInFlight: 100, timeoutMs: 2000 } } };
const folder = mkdtempSync(join(tmpdir(), 'rollcall-mirror-'));
const file = join(folder, 'rollcall.json');

let cluster: Cluster;
let gateway: RunningGateway;
beforeAll(async () => {
  cluster = await Cluster.start();
  configure({ mirror: MIRROR }, { '/hang': TIGHT, '/endless': TIGHT });
  gateway = await cluster.gateway(['--config', file, '--snapshot', 'none', '--workers', '2']);
});
afterAll(async () => {
  await cluster.end();
  rmSync(folder, { recursive: true });
});

function configure(versions: object, routes = {}): void {
  writeFileSync(file, JSON.stringify({ versions: { stepMs: 1000, ...versions }, routes }));
}

/** Starts version 1.4 of a service, and version 1.5 that does so with what it receives. */
async function services(prefix: string, mode: string): Promise<[RunningProgram, RunningProgram]> {
  const old = await service(prefix, '1.4', 'ok');
  const mirrored = await service(prefix, '1.5', mode);
  await expect.poll(() => countUp(gateway, prefix), { timeout: 10_000 }).toBe(2);
  return [old, mirrored];
}

async function service(...args: [string, string, string]): Promise<RunningProgram> {
  const program = cluster.programs.node('test/support/recording-service.js', args, cluster.env);
  await program.line(/^registered$/);
  return program;
}

/** The answers to so many requests, most of them with a body, eight at a time. */
async function sendMany(prefix: string, count: number): Promise<ReadonlyMap<string, number>> {
  const agent = new Agent({ keepAlive: true });
  const answers = new Map<string, number>();
  let left = count;
  async function client(): Promise<void> {
    while (left-- > 0) {
      const body = randomBytes((left * 37) % 20_000);
      const method = left % 4 === 0 ? 'GET' : 'POST';
      const sent = httpRequest(`${gateway.url}${prefix}/path?n=${left}`, { agent, method });
      sent.end(method === 'POST' ? body : undefined);
      const answer = await once(sent, 'response').then(
        async ([response]: IncomingMessage[]) =>
          response === undefined ? '' : `${response.statusCode} ${await text(response)}`,
        String,
      );
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
  }
  await Promise.all(Array.from({ length: 8 }, client));
  agent.destroy();
  return answers;
}

/** What the gateway has counted of copies, such as `status 2xx`. */
async function counted(prefix: string): Promise<Record<string, number>> {
  const { body } = await ask(`${gateway.adminUrl}/metrics`);
  const lines = body.matchAll(
    /^rollcall_gateway_mirrored_requests\w*\{route="(.*)",(\w+)="(.*)"\} (\d+)$/gm,
  );
  const own = [...lines].filter(([, route]) => route === prefix);
  return Object.fromEntries(
    own.map(([, , label, value, count]) => [`${label} ${value}`, Number(count)]),
  );
}

const total = async (prefix: string): Promise<number> =>
  Object.values(await counted(prefix)).reduce((sum, each) => sum + each, 0);

const received = ({ output }: RunningProgram, mark: string): string[] =>
  [...output.matchAll(new RegExp(`^${mark} (.*)$`, 'gm'))].map(([, line = '']) => line).toSorted();

describe('a version that requests are mirrored to, at a gateway with two workers', () => {
  it('receives each request as the old one does, and answers none', async () => {
    const [old, mirrored] = await services('/ok', 'ok');
    expect(await sendMany('/ok', 1000)).toEqual(new Map([['200 1.4', 1000]]));
    await expect.poll(() => counted('/ok'), { timeout: 10_000 }).toEqual({ 'status 2xx': 1000 });
    expect(received(mirrored, 'copy')).toHaveLength(1000);
    expect(received(mirrored, 'copy')).toEqual(received(old, 'request'));
    expect([...received(mirrored, 'request'), ...received(old, 'copy')]).toEqual([]);
    const { body } = await ask(`${gateway.adminUrl}/metrics`);
    expect(body).toContain('rollcall_gateway_requests_total{route="/ok",status="2xx"} 1000');
    const explained = cluster.cli(['explain', '/ok/x', '--admin', gateway.adminUrl]);
    await explained.ended;
    expect(explained.output).toContain('100 % copied to 1.5');
  }, 60_000);

  it('receives copies and hangs, while 1000 requests see no failure', async () => {
    await services('/hang', 'hang');
    expect(await sendMany('/hang', 1000)).toEqual(new Map([['200 1.4', 1000]]));
    await expect.poll(() => total('/hang'), { timeout: 20_000 }).toBe(1000);
    const { 'status none': none = 0, 'reason in-flight': excess = 0 } = await counted('/hang');
    // One worker may have accepted every connection, and then has its 100 copies in flight.
    expect(none).toBeGreaterThanOrEqual(100);
    expect(none + excess).toBe(1000);
    expect((await ask(`${gateway.adminUrl}/metrics`)).body).not.toMatch(
      /ejections_total\{route="\/hang"\} [^0]/,
    );
  }, 60_000);

  it('crashes at the first copy, while 1000 requests see no failure', async () => {
    await services('/crash', 'crash');
    expect(await sendMany('/crash', 1000)).toEqual(new Map([['200 1.4', 1000]]));
    await expect.poll(() => total('/crash'), { timeout: 20_000 }).toBe(1000);
    expect(await counted('/crash')).not.toHaveProperty('status 2xx');
  }, 60_000);

  it('answers without end, while 1000 requests see no failure', async () => {
    await services('/endless', 'endless');
    expect(await sendMany('/endless', 1000)).toEqual(new Map([['200 1.4', 1000]]));
    await expect.poll(() => total('/endless'), { timeout: 20_000 }).toBe(1000);
  }, 60_000);

  it('receives copies of requests by HTTP/2', async () => {
    const [, mirrored] = await services('/http2', 'ok');
    const session = connect(gateway.url);
    const stream = session.request({ ':method': 'POST', ':path': '/http2/a' });
    stream.end('body');
    expect(await text(stream)).toBe('1.4');
    session.close();
    const [line] = await mirrored.line(/^copy .*$/m);
    expect(line).toMatch(/^copy \S+ POST \/a 4 /);
  }, 60_000);
});

it('a version begins with 5 % of the requests when a reload ends mirroring', async () => {
  const name = 'version 1.5 of /ends is new';
  const isMirrored = gateway.program.line(new RegExp(`${name}: it receives copies .*`));
  await services('/ends', 'ok');
  await isMirrored;
  const begins = gateway.program.line(new RegExp(`${name}: it is compared .* at most 5 %`));
  configure({});
  await begins;
  await sendMany('/ends', 10);
  expect(await counted('/ends')).toEqual({});
}, 60_000);
