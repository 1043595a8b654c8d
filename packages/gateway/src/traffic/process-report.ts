import type { Evidence } from '../rollout/evidence.ts';
import type { ProcessLoad } from './process-load.ts';
import type { ProcessSample } from './process-sample.ts';
import type { TrafficDelta } from './traffic-counter.ts';

/** What a worker reports every second. */
export interface ProcessReport {
  /** What it counted since its previous report. */
  readonly traffic: TrafficDelta;
  /** What requests have shown of versions since then. */
  readonly evidence: readonly Evidence[];
  readonly load: ProcessLoad;
  readonly process: ProcessSample;
}
