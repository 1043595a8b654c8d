import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { SAME_SIGNAL_MS } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import { groupOf } from './process-group.ts';
import type { ProcessGroup } from './process-group.ts';

export interface Program {
  /** Resolves to its exit code; 128 and the signal's number if a signal ended it. */
  readonly ended: Promise<number>;
  /** Aborted when it ends or is about to be stopped. */
  readonly stopping: AbortSignal;
  /** Whether it could be started. */
  readonly wasRunning: () => boolean;
  /** Whether a signal asked for its end. */
  readonly isStopped: () => boolean;
  kill(signal: NodeJS.Signals): void;
  /** Ends what it left behind in its process group, such as the server of `server & wait` in a shell. */
  endRest(): Promise<void>;
}

/** As of env(1): found but not executable, and not found. */
const EXIT_NOT_RUNNABLE = 126;
const EXIT_NOT_FOUND = 127;

const STOP_SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGQUIT'];
/** SIGUSR1 too, which would otherwise open Node's inspector here. */
const OTHER_SIGNALS: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'];
/**
 * The first signal waits for `beforeStop`, the second does not, and the third kills. Further ones that follow the
 * first at once count as the same.
 */
const KILL_AT = 3;

const REST_MS = 5000;
const KILLED_MS = 1000;

interface Start {
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly beforeStop: () => Promise<void>;
  readonly logger: Logger;
}

/**
 * Starts a program and passes signals on to it. Before a signal that stops it, `beforeStop` runs; a second one does not
 * wait for that, and a third one is SIGKILL.
 */
export function startProgram({ command, env, beforeStop, logger }: Start): Program {
  const [file = '', ...args] = command;
  const stopping = new AbortController();
  let received = 0;
  let stoppingSince = Infinity;

  async function stop(signal: NodeJS.Signals): Promise<void> {
    const now = performance.now();
    if (received === 0) stoppingSince = now;
    else if (now - stoppingSince <= SAME_SIGNAL_MS) return;
    received++;
    stopping.abort();
    if (received === 1) await beforeStop();
    group.signal(received < KILL_AT ? signal : 'SIGKILL');
  }

  // Before the program starts: otherwise a signal at its first output would end us and leave it behind. A signal from here
  // on is delivered after this function, and so reaches the program.
  for (const signal of STOP_SIGNALS) process.on(signal, () => void stop(signal));
  for (const signal of OTHER_SIGNALS) process.on(signal, () => group.signal(signal));

  // A process group of its own, so that Ctrl+C reaches it through us, after we have left the registry.
  const child = spawn(file, args, { stdio: 'inherit', detached: true, env });
  const group = groupOf(child.pid);

  const ended = exitCodeOf(child, group, file, logger).finally(() => stopping.abort());
  return {
    ended,
    stopping: stopping.signal,
    wasRunning: () => child.pid !== undefined,
    isStopped: () => received > 0,
    kill: (signal) => group.signal(signal),
    endRest: () => endGroup(group),
  };
}

/** Resolves to the exit code of a program once it has ended, or could not be started. */
function exitCodeOf(
  child: ChildProcess,
  group: ProcessGroup,
  file: string,
  logger: Logger,
): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      logger.error(`cannot run ${file}: ${error.code ?? error.message}`);
      resolve(error.code === 'ENOENT' ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE);
    });
    child.once('exit', (code, signal) => {
      // Nothing else is left, and from now on the system may reuse the number of the group.
      group.isAlive();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

async function endGroup(group: ProcessGroup): Promise<void> {
  group.signal('SIGTERM');
  await group.gone(REST_MS);
  group.signal('SIGKILL');
  await group.gone(KILLED_MS);
}
