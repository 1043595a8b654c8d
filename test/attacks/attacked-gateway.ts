import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { generateServiceKey, publicKeyOf } from '@rollcall/client';
import type { Announcement } from '@rollcall/client';
import type { ExposureView, InstanceView } from '@rollcall/gateway';
import { explained } from '../support/admin.ts';
import { ask } from '../support/cluster.ts';
import type { Cluster, RunningGateway } from '../support/cluster.ts';
import { freePort } from '../support/free-port.js';
import { httpServer } from '../support/http-server.ts';
import type { HttpServer } from '../support/http-server.ts';
import type { Environment } from '../support/processes.ts';

/** The owner of /v1, and the owner of another prefix. */
export const OWNER = generateServiceKey();
export const OTHER = generateServiceKey();

const OWNERS = { '/v1': [publicKeyOf(OWNER)], '/other': [publicKeyOf(OTHER)] };

/** A service that knows nothing of Rollcall, and serves one path. */
const SERVER = `
  require('node:http').createServer((request, response) => {
    response.writeHead(request.url === '/health' ? 200 : 404).end('owner');
  }).listen(Number(process.argv[1]), '127.0.0.1');
`;

/** A gateway whose prefixes have owners, the owner of /v1, and a server to which an attacker would have its requests go. */
export class AttackedGateway {
  readonly cluster: Cluster;
  readonly attacker: HttpServer;
  readonly #folder: string;
  #running: RunningGateway | undefined;

  private constructor(cluster: Cluster, attacker: HttpServer) {
    this.cluster = cluster;
    this.attacker = attacker;
    this.#folder = mkdtempSync(join(tmpdir(), 'rollcall-attacks-'));
  }

  /** Starts the gateway and the owner of /v1. @param config more of the gateway's configuration */
  static async start(cluster: Cluster, config: object = {}): Promise<AttackedGateway> {
    const attacked = await AttackedGateway.prepare(cluster);
    await attacked.startGateway(config);
    await attacked.startOwner();
    return attacked;
  }

  /** Starts neither the gateway nor the owner. */
  static async prepare(cluster: Cluster): Promise<AttackedGateway> {
    const attacker = await httpServer((_request, response) => response.end('attacker'));
    return new AttackedGateway(cluster, attacker);
  }

  get gateway(): RunningGateway {
    if (this.#running === undefined) throw new Error('the gateway is not started');
    return this.#running;
  }

  /** Writes the gateway's configuration, which it reads while it runs. */
  configure(change: object = {}): void {
    writeFileSync(this.file('gateway.json'), JSON.stringify({ owners: OWNERS, ...change }));
  }

  async startGateway(config: object = {}, env: Environment = {}): Promise<void> {
    this.configure(config);
    this.#running = await this.cluster.gateway(['--config', this.file('gateway.json')], env);
  }

  /** Starts the owner of /v1, and resolves when it is served. */
  async startOwner(env: Environment = {}): Promise<void> {
    const port = String(await freePort());
    const run = ['run', '--prefix', '/v1', '--port', port, '--', process.execPath, '-e', SERVER];
    this.cluster.cli([...run, port], { ROLLCALL_SERVICE_KEY: OWNER, ...env });
    await vi.waitUntil(async () => (await this.served()) === 'owner');
  }

  /** A file in a folder of this test. */
  file(name: string): string {
    return join(this.#folder, name);
  }

  /** Which program a request reaches, or the status if it reaches none. */
  async served(path = '/v1/health', host?: string): Promise<string> {
    const headers = host === undefined ? {} : { headers: { host } };
    const { status, headers: fields, body } = await ask(`${this.gateway.url}${path}`, headers);
    return String(status === 200 ? (fields['x-server'] ?? body) : status);
  }

  async instances(): Promise<readonly InstanceView[]> {
    return (await this.read<{ instances: InstanceView[] }>('/api/instances')).instances;
  }

  /** What the owner has announced, as any program with the app's key can read it. */
  async captured(): Promise<Announcement> {
    const all = (await this.instances()).map(({ announcement }) => announcement);
    const owned = all.find(({ prefix }) => prefix === '/v1');
    if (owned === undefined) throw new Error('the owner is not announced');
    return owned;
  }

  async exposure(): Promise<readonly string[]> {
    const { findings } = await this.read<ExposureView>('/api/exposure');
    return findings.map(({ code }) => code);
  }

  async read<T>(path: string): Promise<T> {
    return JSON.parse((await ask(this.gateway.adminUrl + path)).body) as T;
  }

  /** The sum of a metric over its labels, or with these. */
  async metric(name: string, labels = ''): Promise<number> {
    const { body } = await ask(`${this.gateway.adminUrl}/metrics`);
    const samples = body.matchAll(new RegExp(`^rollcall_gateway_${name}(?:{(.*)})? (.*)$`, 'gm'));
    return [...samples]
      .filter(([, given = '']) => given.includes(labels))
      .reduce((sum, [, , value]) => sum + Number(value), 0);
  }

  timesRefused(code: string): Promise<number> {
    return this.metric('messages_refused_total', `code="${code}"`);
  }

  /** That an attack changes nothing, and that its refusal is counted, logged and explained. */
  async refuses(code: string, attack: () => unknown): Promise<void> {
    const before = this.#running === undefined ? 0 : await this.timesRefused(code);
    await attack();
    await expect.poll(() => this.timesRefused(code)).toBeGreaterThan(before);
    await this.gateway.program.line(new RegExp(`refused \\S+ \\(${code}\\)`));
    const { refused } = await explained(this.gateway, '/v1/health');
    expect(refused.map((each) => each.code)).toContain(code);
    await this.isUnharmed();
  }

  /** That every request of /v1 reaches the owner. */
  async isUnharmed(): Promise<void> {
    for (let request = 0; request < 4; request++) expect(await this.served()).toBe('owner');
  }

  /** What an attacker announces. */
  forged(fields: object = {}): object {
    const { port } = this.attacker;
    return { prefix: '/v1', address: '127.0.0.1', port, id: 'evil', inc: 1, seq: 0, ...fields };
  }

  end(): void {
    this.attacker.close();
    rmSync(this.#folder, { recursive: true });
  }
}
