import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { TO_WORKER } from './messages.ts';
import type { ToWorker } from './messages.ts';

/** A worker process. */
export interface WorkerProcess {
  readonly pid: number;
  send(message: ToWorker): void;
  kill(): void;
}

export interface WorkerEvents {
  /** @param message not decoded yet */
  readonly onMessage: (message: unknown) => void;
  /** @param how its exit code or signal, for people */
  readonly onEnd: (how: string) => void;
}

export type Spawn = (events: WorkerEvents) => WorkerProcess;

/** Beside this file, and in the bundle of the command beside the file that this one is in. */
const MAIN = fileURLToPath(new URL('worker-main.js', import.meta.url));

/** Starts a process by node:cluster, so that all workers listen on one port. */
export const spawnWorker: Spawn = ({ onMessage, onEnd }) => {
  // Workers accept connections themselves: handed over by the primary, a connection with one request took three times
  // the CPU time (330 µs instead of 110) and waited for the primary. The price is a less even distribution: of 200
  // connections made one by one, two workers took 93 and 107, four took 70, 41, 60 and 29. Under load all were
  // equally busy.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  // Structured clones, unlike JSON, carry Infinity and typed arrays.
  cluster.setupPrimary({ exec: MAIN, args: [], serialization: 'advanced' });
  const worker = cluster.fork();
  worker.on('message', onMessage);
  let hasEnded = false;
  const end = (how: string): void => {
    if (!hasEnded) onEnd(how);
    hasEnded = true;
  };
  worker.once('exit', (code: number | null, signal: string | null) =>
    end(signal ?? `exit code ${code}`),
  );
  // It could not be started, for lack of descriptors or memory; then there is no exit.
  worker.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  return {
    pid: worker.process.pid ?? 0,
    send(message) {
      // An error means that the worker has ended, which `exit` reports.
      worker.send(TO_WORKER.encode(message, performance.timeOrigin) as object, () => {});
    },
    kill: () => void worker.process.kill('SIGKILL'),
  };
};
