import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { ROOT } from '../support/document.ts';
import { Engine } from '../support/engine.ts';
import { loadImages } from '../support/images.ts';
import type { OwnImage } from '../support/images.ts';
import { Network } from '../support/network.ts';
import type { Host } from '../support/network.ts';
import { PROGRAMS, Programs } from '../support/processes.ts';
import type { Environment, RunningProgram } from '../support/processes.ts';

const CLIENT = fileURLToPath(new URL('client.js', import.meta.url));
/** More than a container takes to become healthy on a busy machine. */
const HEALTHY_MS = 60_000;

/** The two requests of the walkthrough. */
export const V1: readonly string[] = ['/v1/generate', '--body={"id":"3jhbj333"}'];
export const V2: readonly string[] = ['/v2/generate'];

/** The address of the host of every project, which no other one reaches. */
export const HOST_ADDRESS = '10.77.0.1';

/** A Compose file that runs on an engine of its own. */
export class Project {
  readonly engine: Engine;
  readonly #host: Host;
  readonly #network: Network;
  readonly #programs = new Programs();
  readonly #name: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'rollcall-project-'));
  readonly #file: string;
  readonly #env: Environment;

  private constructor(
    engine: Engine,
    network: Network,
    host: Host,
    name: string,
    file: string,
    env: Environment,
  ) {
    this.engine = engine;
    this.#network = network;
    this.#host = host;
    this.#name = name;
    this.#file = file;
    this.#env = env;
  }

  /**
   * Loads the images of a file. Nothing runs yet.
   * @param images of the services that Compose would build
   */
  static async load(
    name: string,
    file: string,
    images: Readonly<Record<string, OwnImage>>,
    env: Environment = {},
  ): Promise<Project> {
    const network = new Network();
    const host = await network.host();
    const engine = await Engine.start(host);
    await loadImages(engine);
    for (const [service, image] of Object.entries(images)) {
      await engine.docker(['tag', image, `${name}_${service}`]);
    }
    // For a file that reads the engine's socket.
    const all = { DOCKER_SOCKET: engine.socket, ...env };
    return new Project(engine, network, host, name, file, all);
  }

  compose(...args: string[]): Promise<string> {
    // Version 1 of Compose knows no name at the top.
    const text = readFileSync(join(ROOT, this.#file), 'utf8').replace(/^name: .*$/m, '');
    const file = join(this.#folder, 'compose.yaml');
    writeFileSync(file, text);
    const at = `--project-directory=${join(ROOT, dirname(this.#file))}`;
    return this.engine.compose(
      [`--project-name=${this.#name}`, `--file=${file}`, at, ...args],
      this.#env,
    );
  }

  up(...args: string[]): Promise<string> {
    return this.compose('up', '--detach', '--no-build', ...args);
  }

  /** A field of what the engine knows of a container. */
  inspect(container: string, field: string): Promise<string> {
    return this.engine.docker(['inspect', `--format={{.${field}}}`, container]);
  }

  async healthy(container: string): Promise<void> {
    const isHealthy = async (): Promise<boolean> =>
      (await this.inspect(container, 'State.Health.Status')) === 'healthy';
    await vi.waitUntil(isHealthy, { timeout: HEALTHY_MS, interval: 500 });
  }

  /** Starts the command on this host, beside the containers. */
  command(args: string[], env: Environment): RunningProgram {
    return this.#programs.node(PROGRAMS.cli, args, env, this.#host.via);
  }

  /** Sends requests from this host, until it is stopped. */
  client(request: readonly string[], port = 1500): RunningProgram {
    const [path, ...options] = request;
    const url = `http://127.0.0.1:${port}${path}`;
    const [file = '', ...args] = [...this.#host.via, process.execPath, CLIENT, url, ...options];
    return this.#programs.file(file, args);
  }

  /** The responses to 12 requests. */
  async responses(request: readonly string[], port?: number): Promise<string[]> {
    const client = this.client([...request, '--count=12'], port);
    await client.ended;
    return client.lines;
  }

  /** The first response, while nothing may listen yet. */
  async firstAnswer(request: readonly string[]): Promise<string> {
    const client = this.client(request);
    const [line] = await client.line(/^\d.*/);
    client.kill('SIGTERM');
    return line;
  }

  /** Resolves when so many copies answer a request. */
  async answered(request: readonly string[], copies: number, port?: number): Promise<void> {
    await vi.waitUntil(async () => {
      const lines = await this.responses(request, port);
      const answers = lines.filter((line) => line.startsWith('200 '));
      return new Set(answers.map((line) => line.split(' ')[1])).size === copies;
    }, HEALTHY_MS);
  }

  async end(): Promise<void> {
    await this.#programs.endAll();
    await this.engine.end();
    await this.#network.end();
    rmSync(this.#folder, { recursive: true });
  }
}
