import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../../../test/support/free-port.js';
import type { Programs, RunningProgram } from '../../../../../test/support/processes.ts';
import { hang } from './hang.ts';

const VERSION = 'v2.15.3';
/** Building takes minutes where nothing is cached. */
export const MAX_BUILD_MS = 600_000;

const FOLDER = join(tmpdir(), `rollcall-nats-${VERSION}`);

/** Builds the server, once. The module proxy of Go has it. */
export function buildNats(): void {
  const env = { GOFLAGS: '-mod=mod', GOBIN: FOLDER, HOME: homedir(), ...process.env };
  const module = `github.com/nats-io/nats-server/v2@${VERSION}`;
  execFileSync('go', ['install', module], { env, stdio: 'pipe' });
}

/** A real NATS server, always on the same port. */
export class NatsServer {
  readonly port: number;
  readonly #programs: Programs;
  readonly #args: readonly string[];
  #program: RunningProgram | undefined;

  private constructor(programs: Programs, port: number, args: readonly string[]) {
    this.#programs = programs;
    this.port = port;
    this.#args = args;
  }

  static async start(programs: Programs, ...args: readonly string[]): Promise<NatsServer> {
    const server = new NatsServer(programs, await freePort(), args);
    await server.start();
    return server;
  }

  /** Starts one with a configuration, in a folder of the test. */
  static startWith(programs: Programs, folder: string, config: string): Promise<NatsServer> {
    const file = join(folder, 'nats.conf');
    writeFileSync(file, config);
    return NatsServer.start(programs, '-c', file);
  }

  /** Starts servers that are one cluster. */
  static async startCluster(programs: Programs, count: number): Promise<NatsServer[]> {
    const ports = await Promise.all(Array.from({ length: count }, () => freePort()));
    const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join(',');
    const servers: NatsServer[] = [];
    for (const port of ports) {
      const cluster = ['--cluster_name', 'test', '--cluster', `nats://127.0.0.1:${port}`];
      servers.push(await NatsServer.start(programs, ...cluster, '--routes', routes));
    }
    return servers;
  }

  async start(): Promise<void> {
    const args = ['-a', '127.0.0.1', '-p', String(this.port), ...this.#args];
    this.#program = this.#programs.file(join(FOLDER, 'nats-server'), args);
    await this.#program.line(/Server is ready/);
  }

  async kill(): Promise<void> {
    this.#program?.kill('SIGKILL');
    await this.#program?.ended;
  }

  hang(): Promise<void> {
    return hang(this.#program);
  }

  resume(): void {
    this.#program?.kill('SIGCONT');
  }
}
