import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../../../test/support/free-port.js';
import type { Programs, RunningProgram } from '../../../../../test/support/processes.ts';
import { hang } from './hang.ts';

/** A real Redis server, always on the same port. */
export class RedisServer {
  readonly port: number;
  readonly #programs: Programs;
  readonly #folder: string;
  readonly #args: readonly string[];
  #program: RunningProgram | undefined;

  private constructor(programs: Programs, port: number, args: readonly string[]) {
    this.#programs = programs;
    this.port = port;
    this.#args = args;
    this.#folder = mkdtempSync(join(tmpdir(), 'rollcall-redis-'));
  }

  static async start(programs: Programs, ...args: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(programs, await freePort(), args);
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const fixed = ['--bind', '127.0.0.1', '--save', '', '--dir', this.#folder];
    const args = ['--port', String(this.port), ...fixed, ...this.#args];
    this.#program = this.#programs.file('redis-server', args);
    await this.#program.line(/Ready to accept connections/);
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

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
