import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ask, Cluster } from './cluster.ts';
import type { Answer, RunningGateway } from './cluster.ts';
import { httpServer } from './http-server.ts';
import type { HttpServer } from './http-server.ts';

/** A broker, gateways with settings of their own, and an instance of /v1 that responds with the fields that it receives. */
export class FilteredGateways {
  readonly cluster: Cluster;
  readonly folder: string = mkdtempSync(join(tmpdir(), 'rollcall-filters-'));
  readonly #file: string = join(this.folder, 'rollcall.json');
  readonly #service: HttpServer;

  private constructor(cluster: Cluster, service: HttpServer) {
    this.cluster = cluster;
    this.#service = service;
  }

  static async start(): Promise<FilteredGateways> {
    const cluster = await Cluster.start();
    const service = await httpServer((request, response) =>
      response.end(JSON.stringify({ url: request.url, ...request.headers })),
    );
    return new FilteredGateways(cluster, service);
  }

  async gateway(settings: object, env: Record<string, string> = {}): Promise<RunningGateway> {
    writeFileSync(this.#file, JSON.stringify(settings));
    const gateway = await this.cluster.gateway(['--config', this.#file, '--snapshot', 'none'], env);
    const { port } = this.#service;
    await this.cluster.publish('register', { prefix: '/v1', address: '127.0.0.1', port });
    await gateway.program.line(/route registered/);
    return gateway;
  }

  async reload({ program }: RunningGateway, settings: object): Promise<void> {
    writeFileSync(this.#file, JSON.stringify(settings));
    const read = program.nextLine(/reloaded configuration/);
    program.kill('SIGHUP');
    await read;
  }

  /** The messages with which a gateway refuses settings. */
  async refusal(settings: object): Promise<string> {
    writeFileSync(this.#file, JSON.stringify(settings));
    const program = this.cluster.cli(['gateway', '--port', '0', '--config', this.#file]);
    await program.ended;
    return program.output;
  }

  async end(): Promise<void> {
    this.#service.close();
    await this.cluster.end();
    rmSync(this.folder, { recursive: true });
  }
}

/** Sends the same request on many connections, so that each worker gets some: all must get the same status. */
export async function everywhere(
  url: string,
  headers: Readonly<Record<string, string | string[]>> = {},
): Promise<Answer> {
  const all = await Promise.all(Array.from({ length: 8 }, () => ask(url, { headers })));
  const [first] = all;
  if (first === undefined) throw new Error('there is no response');
  for (const { status } of all) expect(status).toBe(first.status);
  return first;
}
