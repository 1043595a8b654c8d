import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Listening } from '../lifetime.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Start {
  readonly name: string;
  /** A Node program, or any other. */
  readonly program: { readonly module: string } | { readonly file: string };
  readonly args: readonly string[];
  readonly env: Environment;
  /** Gets each line that it prints. */
  readonly onLine: (line: string) => void;
}

export interface Child {
  readonly name: string;
  /** Where it listens, as it tells us itself. Rejects with its exit code if it ends before. */
  readonly listening: Promise<Listening>;
  readonly ended: Promise<Ending>;
  /** Resolves when it has ended: by SIGTERM, or by SIGKILL when that takes too long. */
  stop(): Promise<void>;
  kill(): void;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child ended before it served. */
export class EndedEarly extends Error {
  readonly ending: Ending;

  constructor(name: string, ending: Ending) {
    super(`${name} ended before it served`);
    this.ending = ending;
  }
}

const STOP_MS = 15_000;

/**
 * For programs that are not in Node, and so have no channel whose end they would notice: theirs is that
 * of their standard input, which we hold open and which closes with us, even by SIGKILL.
 */
const END_WITH_STDIN: Environment = { ROLLCALL_END_WITH_STDIN: '1' };

export function startChild({ name, program, args, env, onLine }: Start): Child {
  // A process group of its own: Ctrl+C must reach us alone, because the order of stopping is ours to keep.
  const options = { detached: true, env: { ...process.env, ...env } };
  const child =
    'module' in program
      ? fork(program.module, [...args], { ...options, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
      : spawn(program.file, [...args], {
          ...options,
          env: { ...options.env, ...END_WITH_STDIN },
          stdio: ['pipe', 'pipe', 'pipe'],
        });
  readLines(child.stdout, onLine);
  readLines(child.stderr, onLine);

  const ended = endingOf(child);
  const listening = new Promise<Listening>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Listening));
    void ended.then((ending) => reject(new EndedEarly(name, ending)));
  });
  // Not everybody waits for it.
  listening.catch(() => {});

  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    const cut = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(cut);
  }
  return { name, listening, ended, stop, kill: () => void child.kill('SIGKILL') };
}

function endingOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: 1, signal: null }));
    // close, not exit: the last lines that it printed have been read by then.
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

function readLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', onLine);
}
