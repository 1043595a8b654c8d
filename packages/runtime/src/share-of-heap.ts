import { getHeapStatistics } from 'node:v8';

/** An eighth: in chunks of 40 bytes, bytes take five times as much memory, most of it in the heap. */
const SHARE = 1 / 8;

/**
 * Returns how many bytes of one kind a program keeps for all of its clients together: an eighth of V8's heap limit, which
 * Node derives from the memory of the machine or the container, unless `--max-old-space-size` sets it.
 */
export function shareOfHeap(): number {
  return getHeapStatistics().heap_size_limit * SHARE;
}
