import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Cluster, RunningGateway } from './cluster.ts';
import type { Environment } from './processes.ts';

/** The configuration file of one gateway. */
export class ConfigFile {
  readonly #folder = mkdtempSync(join(tmpdir(), 'rollcall-config-'));
  readonly #path = join(this.#folder, 'rollcall.json');

  /** Starts a gateway without a snapshot. */
  start(cluster: Cluster, settings: object, env: Environment = {}): Promise<RunningGateway> {
    this.#write(settings);
    return cluster.gateway(['--config', this.#path, '--snapshot', 'none'], env);
  }

  /** Changes the settings, and resolves when the gateway has read them. */
  async reload({ program }: RunningGateway, settings: object): Promise<void> {
    this.#write(settings);
    const read = program.nextLine(/reloaded configuration/);
    program.kill('SIGHUP');
    await read;
  }

  /** Writes a file beside it. */
  put(name: string, content: string): void {
    writeFileSync(join(this.#folder, name), content);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #write(settings: object): void {
    writeFileSync(this.#path, JSON.stringify(settings));
  }
}

/** Returns what curl prints of a response. Each call is a connection of its own, so that every worker gets some. */
export async function curl(
  { url }: RunningGateway,
  host: string,
  path: string,
  ...args: string[]
): Promise<string> {
  const all = ['-s', '-H', `Host: ${host}`, ...args, `${url}${path}`];
  return (await promisify(execFile)('curl', all, { timeout: 10_000 })).stdout;
}
