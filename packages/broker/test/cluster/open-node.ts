import { silentLogger } from '@rollcall/runtime';
import { onTestFinished } from 'vitest';
import type { MemoryBus, MemoryEngine } from '../../src/cluster/bus/memory-bus.ts';
import { ClusterNode } from '../../src/cluster/cluster-node.ts';
import type { ClusterNodeOptions } from '../../src/cluster/cluster-node.ts';

/** Faster than in a real cluster: a node that was silent for seven of them is gone. */
const BEAT_MS = 50;

/** Opens a node, which is closed at the end of the test, and the bus that it has opened. */
export function openNode(
  engine: MemoryEngine,
  options: Pick<ClusterNodeOptions, 'clock'> = {},
): { node: ClusterNode; bus: MemoryBus } {
  let bus: MemoryBus | undefined;
  const node = new ClusterNode({
    openBus: (handlers) => (bus = engine.open(handlers)),
    prefix: 'rollcall',
    logger: silentLogger,
    beatMs: BEAT_MS,
    ...options,
  });
  onTestFinished(() => node.close());
  if (bus === undefined) throw new Error('the bus was not opened');
  return { node, bus };
}
