import type { Logger } from '@rollcall/runtime';
import type { Telemetry } from '../metrics/telemetry.ts';

const LOG_EVERY_MS = 10_000;

/** Returns what counts, and logs now and then, that a service which a filter depends on does not work. */
export function filterFaults(
  telemetry: Pick<Telemetry, 'filterFault'>,
  logger: Logger,
): (filter: string, reason: string) => void {
  const loggedAt = new Map<string, number>();
  return (filter, reason) => {
    telemetry.filterFault(filter);
    const now = performance.now();
    if (now - (loggedAt.get(filter) ?? -Infinity) < LOG_EVERY_MS) return;
    loggedAt.set(filter, now);
    logger.warn({ filter, reason }, 'a service that a filter depends on does not work');
  };
}
