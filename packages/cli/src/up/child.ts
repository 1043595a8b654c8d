import { fork, spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Listening } from '../report-listening.ts';
import { groupOf } from '../run/process-group.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Start {
  readonly name: string;
  readonly program: Module | ShellCommand;
  readonly env: Environment;
  /** Gets each line that the program prints. */
  readonly onLine: (line: string) => void;
}

/** A program in Node. */
interface Module {
  readonly module: string;
  readonly args: readonly string[];
}

interface ShellCommand {
  /** One command, with variables before it, such as `A=1 node server.js`. */
  readonly command: string;
  /** Where it runs. */
  readonly folder: string;
}

export interface Child {
  readonly name: string;
  readonly pid: number | undefined;
  /** Where it listens, by its own report. Rejects with {@link EndedEarly} if it ends before that. */
  readonly listening: Promise<Listening>;
  readonly ended: Promise<Ending>;
  /** Resolves when it has ended: by SIGTERM, or by SIGKILL if that takes too long. */
  stop(): Promise<void>;
  kill(): void;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child ended before it listened. */
export class EndedEarly extends Error {
  readonly ending: Ending;

  constructor(name: string, ending: Ending) {
    super(`${name} ended before it listened`);
    this.ending = ending;
  }
}

const STOP_MS = 15_000;

/** The admin token is the gateway's: no other program needs it. */
const NO_TOKEN: Environment = { ROLLCALL_ADMIN_TOKEN: undefined, ROLLCALL_SET: undefined };

/**
 * Programs notice our end, even by SIGKILL, because the channel to them closes. Programs that are not in Node have no
 * channel: this variable asks them to end when their standard input does.
 */
const END_WITH_STDIN: Environment = { ROLLCALL_END_WITH_STDIN: '1' };

export function startChild({ name, program, env, onLine }: Start): Child {
  const child = start(program, { ...process.env, ...NO_TOKEN, ...END_WITH_STDIN, ...env });
  const group = groupOf(child.pid);
  readLines(child.stdout, onLine);
  readLines(child.stderr, onLine);

  const ended = endingOf(child);
  const listening = new Promise<Listening>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Listening));
    void ended.then((ending) => reject(new EndedEarly(name, ending)));
  });
  // Services are not waited for.
  listening.catch(() => {});

  async function stop(): Promise<void> {
    group.signal('SIGTERM');
    const timer = setTimeout(() => group.signal('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  }
  return { name, pid: child.pid, listening, ended, stop, kill: () => group.signal('SIGKILL') };
}

function start(program: Module | ShellCommand, env: Environment): ChildProcess {
  // A process group of its own: Ctrl+C must reach us alone, because we stop programs in an order.
  const options = { detached: true, env };
  if ('module' in program) {
    const stdio: SpawnOptions['stdio'] = ['ignore', 'pipe', 'pipe', 'ipc'];
    return fork(program.module, [...program.args], { ...options, stdio });
  }
  const { command, folder } = program;
  const stdio: SpawnOptions['stdio'] = ['pipe', 'pipe', 'pipe', 'ipc'];
  // In place of the shell, which would end at a signal before the program has. env(1) allows for variables before it.
  return spawn('sh', ['-c', `exec env ${command}`], { ...options, cwd: folder, stdio });
}

function endingOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: 1, signal: null }));
    // close, not exit: by then its last lines have been read.
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

function readLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', onLine);
}
