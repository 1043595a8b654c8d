import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap grow to twice what is in use before all of it is collected, as Go does. V8 leaves a large heap a tenth to a quarter, and
 * each collection slows requests down for a third of a second in a table of 100,000 that changes: every 45 s with this, and every 6
 * to 30 s without (bench/discovery/README.md).
 */
export function collectRarely(): void {
  setFlagsFromString('--heap-growing-percent=100');
}
