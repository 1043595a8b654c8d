import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { vi } from 'vitest';

/** Hosts are 10.77.0.1, 10.77.0.2 and so on, in a network of their own. */
const SUBNET = '10.77.0';

/** Why this machine cannot create network namespaces; undefined if it can. */
export function whyNoNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  const script = 'ip link add bridge type bridge && ip link add near type veth peer name far';
  const { status, stderr, error } = spawnSync('unshare', ['--net', 'sh', '-c', script], {
    encoding: 'utf8',
  });
  if (status === 0) return undefined;
  return `needs network namespaces: ${(error?.message ?? stderr).trim()}`;
}

/** A network namespace that acts as a separate machine with its own address. */
export class Host {
  readonly address: string;
  /** What its engine calls it. */
  readonly name: string;
  /** The port of the bridge that it is plugged into. */
  readonly port: string;
  readonly #holder: ChildProcess;

  /** @param holder a process that keeps the namespace alive */
  constructor(index: number, holder: ChildProcess) {
    this.address = `${SUBNET}.${index}`;
    this.name = `host-${index}`;
    this.port = `port${index}`;
    this.#holder = holder;
  }

  get pid(): number {
    return this.#holder.pid ?? 0;
  }

  /** Pulls its cable; no peer is notified. */
  unplug(): void {
    this.ip('link set dev eth0 down');
  }

  plug(): void {
    this.ip('link set dev eth0 up');
  }

  /** The command prefix that starts a program on this host. */
  get via(): readonly string[] {
    return ['nsenter', `--net=/proc/${this.pid}/ns/net`];
  }

  ip(command: string): void {
    run([...this.via, 'ip', ...command.split(' ')]);
  }

  /** The namespace ends with the last process in it. */
  async end(): Promise<void> {
    this.#holder.kill('SIGKILL');
    await once(this.#holder, 'close');
  }
}

/** Hosts that are each connected to a bridge in the first host. */
export class Network {
  readonly #hosts: Host[] = [];

  async host(): Promise<Host> {
    // Unnamed, so that nothing is left of it once its processes have ended: this one when its input
    // does, even if we are killed.
    const holder = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] });
    const host = new Host(this.#hosts.length + 1, holder);
    this.#hosts.push(host);
    await vi.waitUntil(() => hasNamespace(host.pid), { timeout: 5000 });
    host.ip('link set dev lo up');
    const [hub = host] = this.#hosts;
    if (host === hub) host.ip('link add eth0 type bridge');
    else {
      hub.ip(`link add ${host.port} type veth peer name eth0 netns ${host.pid}`);
      hub.ip(`link set dev ${host.port} master eth0 up`);
    }
    host.ip(`addr add ${host.address}/24 dev eth0`);
    host.ip('link set dev eth0 up');
    return host;
  }

  /** Takes away, or gives back, the way between two hosts other than the first; each still reaches that. */
  separate(hosts: readonly Host[], isolated: 'on' | 'off'): void {
    const [hub] = this.#hosts;
    for (const { port } of hosts)
      hub?.ip(`link set dev ${port} type bridge_slave isolated ${isolated}`);
  }

  async end(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.end()));
  }
}

/** unshare has made the namespace. */
function hasNamespace(pid: number): boolean {
  return namespaceOf(pid) !== namespaceOf(process.pid);
}

function namespaceOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/ns/net`);
}

function run([command = '', ...args]: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.trim()}`);
}
