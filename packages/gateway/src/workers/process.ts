import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { TO_WORKER } from './messages.ts';
import type { ToWorker } from './messages.ts';

/** A worker's process, as its pool needs it. */
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

/**
 * How Node runs a worker. A larger space for what is young (Node: 16 MB, thrice) is collected less often:
 * 14.7 µs of its core a request, and 15.7 without; while others used the core too, 18.6 and 21.6.
 */
export const WORKER_FLAGS: readonly string[] = ['--max-semi-space-size=32'];

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

/** A process by node:cluster, so that all workers listen at one port. */
export const spawnWorker: Spawn = ({ onMessage, onEnd }) => {
  // Structured clones, unlike JSON, have Infinity and typed arrays.
  // Workers accept for themselves: handed on by the primary, a connection with one request cost three times as much
  // CPU time (330 us, 110), and waited for whatever the primary was at. What it costs: of 200 connections made one
  // by one, two workers took 93 and 107, four took 70, 41, 60 and 29; under load all were equally busy.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const execArgv = [...process.execArgv, ...WORKER_FLAGS];
  cluster.setupPrimary({ exec: MAIN, args: [], execArgv, serialization: 'advanced' });
  const worker = cluster.fork();
  worker.on('message', onMessage);
  worker.once('exit', (code: number | null, signal: string | null) =>
    onEnd(signal ?? `exit code ${code}`),
  );
  return {
    pid: worker.process.pid ?? 0,
    send(message) {
      // What it is not told any more because it has ended, its end tells us.
      worker.send(TO_WORKER.encode(message, performance.timeOrigin) as object, () => {});
    },
    kill: () => void worker.process.kill('SIGKILL'),
  };
};
