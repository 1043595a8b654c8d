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
import { hasGo, hasRedis } from '../support/available.ts';
import { ROOT } from '../support/document.ts';
import { freePort } from '../support/free-port.js';
import { Mark, PROGRAMS, Programs } from '../support/processes.ts';
import type { RunningProgram } from '../support/processes.ts';

const API = 'api.example.test';
const GRPC = 'grpc.example.test';

/** The example of docs/guides/edge.md as it stands, at ports of its own. */
describe.skipIf(!hasGo || !hasRedis)('examples/edge', { timeout: 120_000 }, () => {
  const programs = new Programs();
  const mark = new Mark();
  let folder: string;
  let edge: RunningProgram;
  /** Of both gateways. */
  let ports: readonly [number, number];
  let broker: number;
  let admin: number;
  let ca: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(ROOT, 'node_modules', '.edge-'));
    cpSync(join(ROOT, 'examples/edge'), folder, {
      recursive: true,
      filter: (path) => !path.endsWith('/state'),
    });
    const free = await Promise.all(Array.from({ length: 12 }, () => freePort()));
    const port = (): number => free.pop() ?? 0;
    const gateways = [1, 2].map(() => ({ https: port(), http: port(), admin: port() }));
    broker = port();
    const pebble = { acme: port(), management: port(), dns: port(), dnsManagement: port() };
    const all = { gateways, broker, redis: port(), pebble };
    ports = [gateways[0]?.https ?? 0, gateways[1]?.https ?? 0];
    admin = gateways[0]?.admin ?? 0;
    edge = programs.node(join(folder, 'main.js'), [], {
      ...mark.env,
      EDGE_PORTS: JSON.stringify(all),
      PATH: `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
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

  /** What becomes of the versions, by the command. */
  async function rollout(): Promise<string> {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [PROGRAMS.cli, 'rollout', '/orders'],
      { env: { ...process.env, ROLLCALL_ADMIN: `http://127.0.0.1:${admin}` } },
    );
    return stdout;
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
    for (const port of ports) {
      const greeting = programs.node(join(folder, 'greet.js'), ['Ada', `127.0.0.1:${port}`]);
      expect(await greeting.ended).toEqual({ code: 0, signal: null });
      expect(greeting.output).toBe('Hello Ada');
    }
  });

  it('counts the requests of a consumer at both gateways together', async () => {
    const begun = performance.now();
    const answers: { status: number }[] = [];
    for (let round = 0; round < 12; round++)
      answers.push(...(await Promise.all(ports.map((port) => asAda(port)))));
    const passed = answers.filter(({ status }) => status === 200).length;
    // A burst of ten, and one more each second.
    expect(passed).toBeLessThanOrEqual(11 + (performance.now() - begun) / 1000);
    expect(answers.slice(-2)).toMatchObject([{ status: 429 }, { status: 429 }]);
  });

  it('gives version 1.5 more requests, and holds a version back that fails', async () => {
    expect(await rollout()).toMatch(/\/orders +1\.5 +(testing|accepted) +2 instances/);
    const failing = programs.node(join(folder, 'orders.js'), ['1.6', '0.2'], {
      PUSHER_PORT: String(broker),
    });
    await failing.line(/^registered$/);
    await edge.line(/gateway-1 .*version 1\.6 of \/orders is held back: \d+ % of \d+ requests/);
    expect(await rollout()).toMatch(
      /\/orders +1\.6 +held +1 instance +0 % +\d+ % of \d+ requests failed, 0 % of [\d,]+ of version 1\.4/,
    );
    await edge.line(/version 1\.5 of \/orders receives more: at most 10 % .* 0 % of \d+ requests/);
  });
});
