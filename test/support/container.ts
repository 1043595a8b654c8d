import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HealthCheck } from './compose.ts';
import type { Host } from './network.ts';
import { PROGRAMS } from './processes.ts';
import type { Environment, Programs, RunningProgram } from './processes.ts';

/** Mounts the names and each volume, and begins the command on a file system that nothing else writes to. */
const SETUP = `
mount --bind "$1" /etc/hosts
for volume in $2; do
  mount -t tmpfs none "$(dirname "$volume")"
  mkdir "$volume"
done
mount -o remount,bind,ro /
shift 2
unset ROLLCALL_SNAPSHOT
exec "$@"
`;

export interface ContainerOptions {
  readonly env: Environment;
  /** Addresses by name. A name may have several. */
  readonly names: readonly (readonly [name: string, address: string])[];
  /** Folders that it may write to. */
  readonly volumes?: readonly string[];
  /** Instead of root: UID:GID. */
  readonly user?: string | undefined;
}

/** Runs programs as a container does, without a container engine: a network and names of its own, a read-only root. */
export class Container {
  readonly host: Host;
  readonly #programs: Programs;
  /** As if of the image. */
  readonly #env: Environment = {
    STATE_DIRECTORY: '/var/lib/rollcall',
    PORT: '1500',
    HOST: '0.0.0.0',
  };
  readonly #folder = mkdtempSync(join(tmpdir(), 'rollcall-container-'));
  readonly #via: readonly string[];

  constructor(
    programs: Programs,
    host: Host,
    { env, names, volumes = [], user }: ContainerOptions,
  ) {
    this.#programs = programs;
    this.host = host;
    this.#env = { ...this.#env, ...env };
    const hosts = join(this.#folder, 'hosts');
    writeFileSync(hosts, names.map(([name, address]) => `${address} ${name}\n`).join(''));
    const setup = ['sh', '-ec', SETUP, 'setup', hosts, volumes.join(' ')];
    this.#via = [...host.via, 'unshare', '--mount', ...setup, ...privileges(user)];
  }

  /** Runs a command in the environment of the container. */
  run(command: readonly string[], more: Environment = {}): RunningProgram {
    return this.runAs(command, { ...this.#env, ...more });
  }

  /** Runs a command in another environment. */
  runAs(command: readonly string[], env: Environment): RunningProgram {
    const [file = '', ...args] = [...this.#via, ...command];
    return this.#programs.file(file, args, env);
  }

  /** Runs the `rollcall` command, as its image does. */
  rollcall(args: readonly string[], more?: Environment): RunningProgram {
    return this.run([process.execPath, PROGRAMS.cli, ...args], more);
  }

  /** Whether a health check of Compose succeeds. */
  async isHealthy({ test: [kind, ...command] }: HealthCheck): Promise<boolean> {
    if (kind !== 'CMD') throw new Error(`a health check of the kind ${kind}`);
    return (await this.run(command).ended).code === 0;
  }

  /** The status and body of a response to GET, requested from here. */
  async get(url: string): Promise<string> {
    const script = `fetch('${url}').then(async (r) => console.log(r.status, await r.text()), (e) => console.log(String(e.cause ?? e)))`;
    const program = this.runAs([process.execPath, '-e', script], {});
    await program.ended;
    return program.output;
  }

  end(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

function privileges(user: string | undefined): readonly string[] {
  if (user === undefined) return [];
  const [uid, gid] = user.split(':');
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs'];
}
