import type { Logger } from '@rollcall/runtime';
import type { DataPlane } from './data-plane.ts';

const LOOK_EVERY_MS = 1000;
/** A flood would otherwise fill the log. */
const LOG_EVERY_MS = 10_000;

/** Logs that connections of clients were closed because too many are open. Returns what ends it. */
export function logShedClients(plane: Pick<DataPlane, 'loads'>, logger: Logger): () => void {
  let logged = 0;
  let loggedAt = -Infinity;
  const timer = setInterval(() => {
    const loads = plane.loads();
    const shed = sum(loads.map(({ shedClients }) => shedClients));
    // A worker that was replaced counts from 0 again.
    if (shed < logged) logged = 0;
    const now = performance.now();
    if (shed === logged || now - loggedAt < LOG_EVERY_MS) return;
    const open = sum(loads.map(({ clients }) => clients));
    logger.warn(
      { closed: shed - logged, open },
      'closed connections of clients: too many are open',
    );
    logged = shed;
    loggedAt = now;
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
