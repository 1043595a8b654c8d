import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export const PROGRAMS = {
  cli: `${ROOT}packages/cli/dist/main.js`,
  idV5: `${ROOT}services/id-v5/dist/main.js`,
  idV4: `${ROOT}services/id-v4/bin/id-v4`,
  soketi: `${ROOT}test/peers/soketi/start.cjs`,
} as const;

export type Environment = Record<string, string>;

/** A real process of the product, with all that it printed. */
export class RunningProgram {
  readonly lines: string[] = [];
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null)
        createInterface({ input: stream }).on('line', (line) => this.#read(line));
    }
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

  /** The first line that matches, printed already or still to come. Fails if the program ends without it. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      for (const line of this.lines) {
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

/** Starts programs and ends whatever of them is left. */
export class Programs {
  readonly #running: RunningProgram[] = [];

  /** A program in Node. Only `PATH`, `HOME` and what is given are in its environment. */
  node(module: string, args: string[] = [], env: Environment = {}): RunningProgram {
    const child = fork(module, args, {
      env: { ...base(), ...env },
      // The test runner's own would have the program load sources instead of what was built.
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    return this.#track(child);
  }

  file(file: string, args: string[] = [], env: Environment = {}): RunningProgram {
    return this.#track(
      spawn(file, args, { env: { ...base(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }

  async endAll(): Promise<void> {
    const running = this.#running.splice(0);
    for (const program of running) program.kill('SIGKILL');
    await Promise.all(running.map((program) => program.ended));
  }

  #track(child: ChildProcess): RunningProgram {
    const program = new RunningProgram(child);
    this.#running.push(program);
    return program;
  }
}

function base(): Environment {
  return { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };
}
