import type { ProcessLoad } from './process-load.ts';
import type { ProcessSample } from './process-sample.ts';
import type { TrafficDelta } from './traffic-counter.ts';

/** What a worker reports every second. */
export interface ProcessReport {
  /** What it counted since its previous report. */
  readonly traffic: TrafficDelta;
  readonly load: ProcessLoad;
  readonly process: ProcessSample;
}
