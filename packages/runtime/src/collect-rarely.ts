import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** A collection of all of a smaller heap is too short to be felt. */
const LARGE_BYTES = 150 * 1024 * 1024;
const LOOK_EVERY_MS = 10_000;

/**
 * Lets a large heap grow to twice what is in use before all of it is collected, as Go does. V8 leaves one that grows slowly, as that of
 * a large table does, a tenth to a quarter. Each collection slows requests down for a third of a second with 100,000 instances: every
 * 45 s with this, and every 6 to 30 s without (bench/discovery/README.md). A small heap that fills fast is collected more rarely by
 * V8's own rule.
 */
export function collectRarely(): void {
  const timer = setInterval(() => {
    if (getHeapStatistics().used_heap_size < LARGE_BYTES) return;
    clearInterval(timer);
    setFlagsFromString('--heap-growing-percent=100');
  }, LOOK_EVERY_MS).unref();
}
