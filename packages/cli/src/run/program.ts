import { spawn } from 'node:child_process';
import { constants } from 'node:os';

export interface Program {
  /** Resolves to its exit code; 128 and the signal's number if a signal ended it. */
  readonly ended: Promise<number>;
  /** Aborted when it ends or is about to be stopped. */
  readonly stopping: AbortSignal;
  kill(signal: NodeJS.Signals): void;
}

/** As env(1) has it: found but not to be run, and not found. */
const EXIT_NOT_RUNNABLE = 126;
const EXIT_NOT_FOUND = 127;

const STOP_SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGQUIT'];
const OTHER_SIGNALS: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGUSR2', 'SIGWINCH'];

/**
 * Starts a program and passes signals on to it; before those that stop it, `beforeStop` runs. A
 * second signal does not wait for it.
 */
export function startProgram(command: readonly string[], beforeStop: () => Promise<void>): Program {
  const [file = '', ...args] = command;
  // A process group of its own: Ctrl+C in a terminal must reach it by us, after we have left the registry.
  const child = spawn(file, args, { stdio: 'inherit', detached: true });
  const stopping = new AbortController();

  const ended = new Promise<number>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      console.error(`rollcall: cannot run ${file}: ${error.code ?? error.message}`);
      resolve(error.code === 'ENOENT' ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE);
    });
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  }).finally(() => stopping.abort());

  function kill(signal: NodeJS.Signals): void {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      // The whole group, as a terminal does: a shell in between passes nothing on.
      process.kill(-child.pid, signal);
    } catch {
      // It ended in this moment.
    }
  }

  async function stop(signal: NodeJS.Signals): Promise<void> {
    const isFirst = !stopping.signal.aborted;
    stopping.abort();
    if (isFirst) await beforeStop();
    kill(signal);
  }

  for (const signal of STOP_SIGNALS) process.on(signal, () => void stop(signal));
  for (const signal of OTHER_SIGNALS) process.on(signal, () => kill(signal));
  return { ended, stopping: stopping.signal, kill };
}
