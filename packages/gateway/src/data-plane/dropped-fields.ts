import type { Logger } from '@rollcall/runtime';
import type { TrafficCounter } from '../traffic/traffic-counter.ts';

const LOOK_EVERY_MS = 1000;

/**
 * Logs once that fields of requests are dropped because of a `_` in their name: the metric counts them. Returns what ends
 * it.
 */
export function logDroppedFields(
  traffic: Pick<TrafficCounter, 'droppedFields'>,
  logger: Logger,
): () => void {
  const timer = setInterval(() => {
    if (traffic.droppedFields === 0) return;
    clearInterval(timer);
    logger.warn(
      'dropped a header field with a `_` in its name, or a `.` for a `-`: `underscoresInHeaders` would pass it on',
    );
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
