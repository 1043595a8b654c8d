import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const PROGRAMS = {
  cli: `${ROOT}packages/cli/dist/main.js`,
  idV5: `${ROOT}services/id-v5/dist/main.js`,
  idV4: `${ROOT}services/id-v4/bin/id-v4`,
  soketi: `${ROOT}test/peers/soketi/start.cjs`,
} as const;

/** More than a service may take to leave and to drain. */
const GONE_WITHIN_MS = 15_000;

export type Environment = Record<string, string>;

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly adminUrl?: string;
}

/** Where a program writes instead of a stream that the test reads: a descriptor. */
export interface Output {
  readonly stdout?: number;
  readonly stderr?: number;
}

/** A real process of the product, with all that it printed. */
export class RunningProgram {
  readonly lines: string[] = [];
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Where a program of the command listens: it says so even if its log goes nowhere. */
  readonly listening: Promise<Listening>;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null)
        createInterface({ input: stream }).on('line', (line) => this.#read(line));
    }
    this.listening = new Promise((resolve) => child.once('message', resolve));
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        resolve({ code, signal });
        this.#wake();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get output(): string {
    return this.lines.join('\n');
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /**
   * Ends it with all that it started, and reads no more. What goes on would look for its broker, at whose port the broker of another
   * test may listen by then.
   */
  end(): void {
    const started = descendantsOf(this.pid);
    this.kill('SIGKILL');
    for (const pid of started) killIfThere(pid);
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  /** The first line that matches, printed already or still to come. Fails if the program ends without it. */
  line(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#lineFrom(0, pattern);
  }

  /** The first line that matches and is still to come. */
  nextLine(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#lineFrom(this.lines.length, pattern);
  }

  async #lineFrom(first: number, pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      for (const line of this.lines.slice(first)) {
        const match = pattern.exec(line);
        if (match !== null) return match;
      }
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`ended without a line like ${pattern}; it printed:\n${this.output}`);
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #read(line: string): void {
    this.lines.push(line);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

/** Node's own warnings, of what it advises against or will soon refuse. `RollcallWarning` is the client's. */
const WARNING = /\(node:\d+\) (?:\[\w+\] )?(?!Rollcall)\w*Warning\b.*/;

/** Starts programs, and ends all that still run. */
export class Programs {
  readonly #running: RunningProgram[] = [];

  /**
   * Starts a Node program. Its environment has only `PATH`, `HOME` and `env`.
   * @param via a command that starts the one in its arguments, such as in another namespace
   * @param output by default, the test reads both streams
   */
  node(
    module: string,
    args: string[] = [],
    env: Environment = {},
    via: readonly string[] = [],
    { stdout, stderr }: Output = {},
  ): RunningProgram {
    const [execPath, ...execArgv] = [...via, process.execPath];
    const child = fork(module, args, {
      env: { ...base(), ...env },
      ...(execPath !== undefined && { execPath }),
      // The test runner's arguments would make the program load sources instead of built files.
      execArgv,
      stdio: ['ignore', stdout ?? 'pipe', stderr ?? 'pipe', 'ipc'],
    });
    return this.#track(child);
  }

  file(file: string, args: string[] = [], env: Environment = {}): RunningProgram {
    return this.#track(
      spawn(file, args, { env: { ...base(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }

  /** Fails if Node warned of any of them. */
  async endAll(): Promise<void> {
    const running = this.#running.splice(0);
    for (const program of running) program.end();
    await Promise.all(running.map((program) => program.ended));
    const warnings = running.flatMap(({ output }) => WARNING.exec(output) ?? []);
    if (warnings.length > 0) throw new Error(`Node warned: ${warnings.join(', ')}`);
  }

  #track(child: ChildProcess): RunningProgram {
    const program = new RunningProgram(child);
    this.#running.push(program);
    return program;
  }
}

/** Marks the environment of processes, so that leftover processes of a test can be found. */
export class Mark {
  readonly #value = randomUUID();
  readonly env: Environment = { ROLLCALL_TEST_MARK: this.#value };

  processes(): number[] {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.filter((pid) => readProc(pid, 'environ').includes(this.#value)).map(Number);
  }

  commands(): string[] {
    return this.processes().map((pid) => commandOf(pid));
  }

  /** Resolves when no marked process is left. Otherwise ends them, and fails. */
  async gone(): Promise<void> {
    try {
      await vi.waitUntil(() => this.processes().length === 0, { timeout: GONE_WITHIN_MS });
    } catch {
      const left = this.commands();
      for (const pid of this.processes()) process.kill(pid, 'SIGKILL');
      throw new Error(`processes were left: ${left.join(', ')}`);
    }
  }
}

/** The running child processes of a process. */
export function childrenOf(pid: number): number[] {
  return readProc(`${pid}/task/${pid}`, 'children').split(' ').filter(Boolean).map(Number);
}

function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** The command line of a process. */
export function commandOf(pid: number): string {
  return readProc(String(pid), 'cmdline').replaceAll('\0', ' ').trim();
}

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function base(): Environment {
  const { PATH = '', HOME = '' } = process.env;
  // A test must not start with the snapshot of another.
  return {
    PATH,
    HOME,
    ROLLCALL_SNAPSHOT: 'none',
    ROLLCALL_AUDIT_LOG: 'none',
    ROLLCALL_LOG: 'text',
  };
}
