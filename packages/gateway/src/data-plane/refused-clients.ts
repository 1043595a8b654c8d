import type { Logger } from '@rollcall/runtime';
import type { DataPlane } from './data-plane.ts';

const LOOK_EVERY_MS = 1000;
/** A flood would otherwise fill the log. */
const LOG_EVERY_MS = 10_000;

/** Logs that clients were refused because too many connections are open. Returns what ends it. */
export function logRefusedClients(plane: Pick<DataPlane, 'loads'>, logger: Logger): () => void {
  let logged = 0;
  let loggedAt = -Infinity;
  const timer = setInterval(() => {
    const loads = plane.loads();
    const refused = sum(loads.map(({ refusedClients }) => refusedClients));
    // A worker that was replaced counts from 0 again.
    if (refused < logged) logged = 0;
    const now = performance.now();
    if (refused === logged || now - loggedAt < LOG_EVERY_MS) return;
    const open = sum(loads.map(({ clients }) => clients));
    logger.warn({ refused: refused - logged, open }, 'refused connections of clients: too many are open');
    logged = refused;
    loggedAt = now;
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
