import type { Logger } from '@rollcall/runtime';
import type { ProcessLoad } from '../traffic/process-load.ts';
import type { DataPlane } from './data-plane.ts';

const LOOK_EVERY_MS = 1000;
/** A flood would otherwise fill the log. */
const LOG_EVERY_MS = 10_000;

/** Why connections are closed, by what counts them. */
const REASONS = {
  shedClients: 'closed connections of clients: too many are open',
  heavyClients: 'reset connections of clients: they held more memory than `limits.heldBytes`',
  faultyClients:
    'closed connections of clients: they sent invalid frames of HTTP/2, or too many of them',
};

/** Logs that connections of clients were closed because of a limit. Returns what ends it. */
export function logShedClients(plane: Pick<DataPlane, 'loads'>, logger: Logger): () => void {
  const looks = [
    look('shedClients', logger),
    look('heavyClients', logger),
    look('faultyClients', logger),
  ];
  const timer = setInterval(() => {
    const loads = plane.loads();
    for (const each of looks) each(loads);
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function look(
  counter: keyof typeof REASONS,
  logger: Logger,
): (loads: readonly ProcessLoad[]) => void {
  let logged = 0;
  let loggedAt = -Infinity;
  return (loads) => {
    const closed = sum(loads.map((load) => load[counter]));
    // A worker that was replaced counts from 0 again.
    if (closed < logged) logged = 0;
    const now = performance.now();
    if (closed === logged || now - loggedAt < LOG_EVERY_MS) return;
    const open = sum(loads.map(({ clients }) => clients));
    logger.warn({ closed: closed - logged, open }, REASONS[counter]);
    logged = closed;
    loggedAt = now;
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
