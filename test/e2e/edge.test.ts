import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCurl, hasGo, hasRedis } from '../support/available.ts';
import { ROOT } from '../support/document.ts';
import { freePort } from '../support/free-port.js';
import { Mark, Programs } from '../support/processes.ts';
import type { Environment, RunningProgram } from '../support/processes.ts';

const API = 'api.example.test';
const GRPC = 'grpc.example.test';

const GUIDE = 'docs/guides/edge.md';
const guide = readFileSync(join(ROOT, GUIDE), 'utf8');
/** Commands of the guide, and the lines that each prints, or some of them. */
const examples = [...guide.matchAll(/^```console\n\$ (.+)\n([^`]*)^```$/gm)].map(
  ([, command = '', printed = '']) => ({ command, lines: printed.trim().split('\n') }),
);

/** A line without what differs from run to run: figures, whose turn it is, how far version 1.5 is, the width of columns. */
function shapeOf(line: string): string {
  const repeated = /^(?:\d{3} ?)+$/.test(line) ? [...new Set(line.split(' '))].join(' ') : line;
  return repeated
    .replaceAll(/[\d,.]+ (?=%|requests|of version)/g, 'N ')
    .replaceAll(/r=\d+;t=\d+/g, 'r=N;t=N')
    .replace(/"1\.[45]"/, '"1.N"')
    .replace(/(?<= 1\.5 +)(?:testing|accepted).*/, 'not held')
    .replaceAll(/ {2,}/g, '  ')
    .trim();
}

/** The example of the guide as it stands, at ports of its own. */
describe.skipIf(!hasGo || !hasRedis || !hasCurl)('examples/edge', { timeout: 120_000 }, () => {
  const programs = new Programs();
  const mark = new Mark();
  let folder: string;
  let edge: RunningProgram;
  /** Of both gateways. */
  let ports: readonly [number, number];
  /** For plain HTTP, of the first. */
  let plain: number;
  let ca: string;
  /** Of commands. */
  let env: Environment;

  beforeAll(async () => {
    folder = mkdtempSync(join(ROOT, 'node_modules', '.edge-'));
    cpSync(join(ROOT, 'examples/edge'), folder, {
      recursive: true,
      filter: (path) => !path.endsWith('/state'),
    });
    const free = await Promise.all(Array.from({ length: 12 }, () => freePort()));
    const port = (): number => free.pop() ?? 0;
    const gateways = [1, 2].map(() => ({ https: port(), http: port(), admin: port() }));
    const broker = port();
    const pebble = { acme: port(), management: port(), dns: port(), dnsManagement: port() };
    const all = { gateways, broker, redis: port(), pebble };
    plain = gateways[0]?.http ?? 0;
    ports = [gateways[0]?.https ?? 0, gateways[1]?.https ?? 0];
    env = {
      PATH: `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
      PUSHER_PORT: String(broker),
      ROLLCALL_ADMIN: `http://127.0.0.1:${gateways[0]?.admin}`,
    };
    edge = programs.node(join(folder, 'main.js'), [], {
      ...mark.env,
      PATH: env['PATH'] ?? '',
      EDGE_PORTS: JSON.stringify(all),
    });
    await edge.line(/Ctrl\+C stops everything/);
    ca = readFileSync(join(folder, 'state/root.pem'), 'utf8');
  }, 600_000);
  afterAll(async () => {
    edge.kill('SIGINT');
    expect(await edge.ended).toEqual({ code: 0, signal: null });
    await mark.gone();
    await programs.endAll();
    rmSync(folder, { recursive: true });
  });

  /** The certificate that a gateway shows for a host, verified by the root of Pebble. */
  async function certificate(port: number, servername: string): Promise<X509Certificate> {
    const socket = connect({ port, host: '127.0.0.1', servername, ca });
    await once(socket, 'secureConnect');
    const { raw } = socket.getPeerCertificate();
    socket.destroy();
    return new X509Certificate(raw);
  }

  const token = (): string => readFileSync(join(folder, 'state/token'), 'utf8');

  async function orders(port: number, headers = {}): Promise<{ status: number; body: string }> {
    const site = { port, host: '127.0.0.1', servername: API, ca, path: '/orders', agent: false };
    const sent = get({ ...site, headers: { host: API, ...headers } });
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, body: await text(response) };
  }

  const asAda = (port: number) => orders(port, { authorization: `Bearer ${token()}` });

  /** What a command of the guide prints, with its ports. */
  async function run(command: string): Promise<string[]> {
    const own = command
      .replace('npx rollcall', 'rollcall')
      .replaceAll('8443', String(ports[0]))
      .replaceAll('8444', String(ports[1]))
      .replaceAll('8080', String(plain));
    const { stdout } = await promisify(execFile)('sh', ['-c', own], { cwd: folder, env });
    return stdout
      .replaceAll(String(ports[0]), '8443')
      .split(/\r?\n/)
      .map((line) => line.trimEnd());
  }

  it('serves both hosts with certificates of Pebble, the same at both gateways', async () => {
    for (const host of [API, GRPC]) {
      const [one, two] = [await certificate(ports[0], host), await certificate(ports[1], host)];
      expect(one.subjectAltName).toBe(`DNS:${host}`);
      expect(one.issuer).toContain('Pebble Intermediate CA');
      expect(one.fingerprint256).toBe(two.fingerprint256);
    }
  });

  it('lets clients with a token call the API and the service of gRPC', async () => {
    expect(await orders(ports[0])).toMatchObject({ status: 401 });
    expect(JSON.parse((await asAda(ports[0])).body)).toEqual({
      version: expect.stringMatching(/^1\.[45]$/) as string,
      consumer: 'ada',
    });
    for (const port of ports)
      expect(await run(`node greet.js Ada 127.0.0.1:${port}`)).toContain('Hello Ada');
  });

  it('counts the requests of a consumer at both gateways together', async () => {
    const begun = performance.now();
    // All at once: one after the other would take a busy machine so long that more are allowed.
    const asked = Array.from({ length: 12 }, () => ports.map((port) => asAda(port))).flat();
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    const passed = statuses.filter((status) => status === 200).length;
    // A burst of ten, and one more each second.
    expect(passed).toBeLessThanOrEqual(11 + (performance.now() - begun) / 1000);
    expect(statuses).toContain(429);
  });

  it('holds a version back that fails, with the figures', async () => {
    const failing = programs.node(join(folder, 'orders.js'), ['1.6', '0.2'], env);
    await failing.line(/^registered$/);
    await edge.line(/gateway-1 .*version 1\.6 of \/orders is held back: \d+ % of \d+ requests/);
  });

  it.each(examples)('prints what the guide shows: $command', async ({ command, lines }) => {
    const shapes = (await run(command)).map(shapeOf);
    expect(shapes).toEqual(expect.arrayContaining(lines.map(shapeOf)));
  });

  it('has the configuration that the guide shows', () => {
    expect(guide).toContain(
      `\`\`\`json\n${readFileSync(join(folder, 'rollcall.json'), 'utf8')}\`\`\``,
    );
  });
});
