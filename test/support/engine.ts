import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { vi } from 'vitest';
import { whyNoNamespaces } from './network.ts';
import type { Host } from './network.ts';
import type { Environment } from './processes.ts';

// Docker engines for tests: Debian's, each in namespaces of its own. They reach no image registry.
//
//   const network = new Network();
//   const host = await network.host();
//   const engine = await Engine.start(host);
//   await engine.importBusybox();
//   await engine.docker(['run', '--detach', '--publish', '8080:80', 'busybox', 'httpd', '-f']);
//   engine.socket                                      // the path of the socket of its API
//   programs.node(PROGRAMS.cli, args, env, host.via);  // a program on that host, or on another one of the network
//   await engine.end();
//   await network.end();
//
// Hosts reach each other at `host.address`, where they reach the published ports of a container, too. Containers reach
// every host. Neither the network nor the firewall of this machine is touched.

/** Debian's programs: another `docker` on the PATH may lack what builds images. */
const DOCKER = '/usr/bin/docker';
const DOCKERD = '/usr/sbin/dockerd';
const COMPOSE = '/usr/bin/docker-compose';
/** It needs no library, so that an image can hold nothing else. */
const BUSYBOX = '/bin/busybox';

/** More than an engine takes to start on a busy machine, and a builder that waits for another one. */
const START_MS = 600_000;
/** What is kept of its log, for the case that it does not start. */
const LOG_LENGTH = 2_000;
/** More than a build prints. */
const MAX_OUTPUT = 2 ** 26;

/**
 * Runs an engine until the input ends, which it does even if the test is killed. The engine is in a PID namespace, so that the
 * kernel ends the containers with it. It has a /run of its own, because it uses the containerd that it finds there.
 */
const IN_NAMESPACES = `
folder=$1 signal=$2
shift 2
mount -t tmpfs none /run
exec 3<&0 < /dev/null
"$@" --exec-root "$folder/exec" --pidfile "$folder/pid" --host "unix://$folder/socket" &
engine=$!
{ cat <&3; kill -s "$signal" "$engine"; } &
wait "$engine"
`;
const RUN = `
unshare --mount --propagation private --pid --fork --kill-child --mount-proc sh -c "$0" engine "$@"
rm -rf "$1"
`;

/** Why this machine cannot run engines; undefined if it can. */
export function whyNoEngine(): string | undefined {
  const missing = [DOCKER, DOCKERD, COMPOSE, BUSYBOX].filter((file) => !existsSync(file));
  if (missing.length > 0) {
    return `needs ${missing.join(', ')}: apt-get install docker.io docker-compose busybox-static`;
  }
  return whyNoNamespaces();
}

/** A Docker engine of a test. */
export class Engine {
  /** The path of the socket of its API, which every process of this machine can open. */
  readonly socket: string;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(folder: string, process: ChildProcess) {
    this.socket = join(folder, 'socket');
    this.#folder = folder;
    this.#process = process;
  }

  /**
   * Starts an engine on a host. Its containers have addresses of the host's own: in 10.102.0.0/16 on the host
   * 10.77.0.2, and so on. Nothing that it holds outlives it.
   */
  static start(host: Host): Promise<Engine> {
    const subnet = `10.${100 + Number(host.address.split('.').at(-1))}.0`;
    const addresses = [
      `--bip=${subnet}.1/24`,
      `--default-address-pool=base=${subnet}.0/16,size=24`,
    ];
    const named = ['unshare', '--uts', 'sh', '-c', 'hostname "$0" && exec "$@"', host.name];
    return Engine.#start([...host.via, ...named], 'KILL', addresses);
  }

  /**
   * Starts an engine that only builds images. Builds have the network of this machine, with `--network host`.
   * @param data what it holds, kept for the next one. A second engine waits until the first one has ended
   */
  static startBuilder(data: string): Promise<Engine> {
    mkdirSync(data, { recursive: true });
    const without = [
      '--bridge=none',
      '--iptables=false',
      '--ip6tables=false',
      '--ip-forward=false',
    ];
    return Engine.#start(['flock', `${data}.lock`], 'TERM', without, data);
  }

  /** @param end the signal that ends it. At a TERM, it stops its containers and waits for them */
  static async #start(
    via: readonly string[],
    end: 'KILL' | 'TERM',
    options: readonly string[],
    data?: string,
  ): Promise<Engine> {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-engine-'));
    const root = `--data-root=${data ?? join(folder, 'data')}`;
    const inside = [IN_NAMESPACES, folder, end, DOCKERD, root, ...options];
    const [file = '', ...args] = [...via, 'sh', '-c', RUN, ...inside];
    const child = spawn(file, args, { stdio: ['pipe', 'ignore', 'pipe'] });
    const engine = new Engine(folder, child);
    await engine.#started();
    return engine;
  }

  async #started(): Promise<void> {
    const isUp = (): boolean => existsSync(this.socket) || this.#process.exitCode !== null;
    let log = '';
    this.#process.stderr?.on('data', (lines) => (log = `${log}${lines}`.slice(-LOG_LENGTH)));
    try {
      await vi.waitUntil(isUp, { timeout: START_MS });
      await this.docker(['version']);
    } catch {
      await this.end();
      throw new Error(`the engine does not start:\n${log}`);
    }
  }

  /** Runs `docker`, and resolves with what it printed. */
  docker(args: readonly string[], env: Environment = {}): Promise<string> {
    return this.#run(DOCKER, args, env);
  }

  /** Runs `docker-compose`, which is of version 1: it knows no `name:` at the top of a file. */
  compose(args: readonly string[], env: Environment = {}): Promise<string> {
    return this.#run(COMPOSE, args, env);
  }

  /** Runs a script of the shell, in which `docker` is that of this engine, with `$1` and so on. */
  shell(script: string, args: readonly string[] = []): Promise<string> {
    return this.#run('sh', ['-euc', script, 'sh', ...args], {});
  }

  /** Makes an image `busybox`, with a shell and the small programs that busybox has. */
  async importBusybox(): Promise<void> {
    const script = `
      mkdir --parents "$1/bin"
      cp ${BUSYBOX} "$1/bin/"
      for each in $(${BUSYBOX} --list); do [ $each = busybox ] || ln -s busybox "$1/bin/$each"; done
      tar --create --directory "$1" . | docker import --change 'CMD ["sh"]' - busybox`;
    await this.shell(script, [join(this.#folder, 'busybox')]);
  }

  /** Takes images over from another engine. */
  async copyImages(from: Engine, images: readonly string[]): Promise<void> {
    const script = 'from=$1; shift; docker --host "unix://$from" save "$@" | docker load';
    await this.shell(script, [from.socket, ...images]);
  }

  async end(): Promise<void> {
    this.#process.stdin?.end();
    if (this.#process.exitCode === null) await once(this.#process, 'close');
  }

  async #run(file: string, args: readonly string[], env: Environment): Promise<string> {
    const own = {
      PATH: `${dirname(DOCKER)}:${process.env['PATH'] ?? ''}`,
      HOME: this.#folder,
      DOCKER_HOST: `unix://${this.socket}`,
      DOCKER_BUILDKIT: '1',
    };
    const options = { env: { ...own, ...env }, maxBuffer: MAX_OUTPUT };
    const { stdout } = await promisify(execFile)(file, args, options);
    return stdout.trim();
  }
}
