import { availableParallelism } from 'node:os';
import type { Directory } from '@rollcall/client';
import type { Logger } from '@rollcall/runtime';
import type {
  DataPlane,
  DataPlaneSettings,
  RequestError,
  Served,
} from '../data-plane/data-plane.ts';
import { createInProcessDataPlane } from '../data-plane/in-process.ts';
import { attemptOf, instanceOutcome } from '../data-plane/instance-outcome.ts';
import type { InstanceOutcome } from '../data-plane/instance-outcome.ts';
import { openRequestObservers } from '../data-plane/request-observers.ts';
import { loadTracer } from '../traces/load.ts';
import type { ProcessReport } from '../traffic/process-report.ts';
import type { TrafficCounter } from '../traffic/traffic-counter.ts';
import { WorkerPool } from './pool.ts';
import { spawnWorker } from './process.ts';

export interface DataPlaneOptions {
  readonly workers: number | 'auto';
  readonly settings: DataPlaneSettings;
  readonly directory: Pick<
    Directory,
    'prefixes' | 'entries' | 'knows' | 'routable' | 'reportOutcome'
  >;
  /** Whether the table was received from the registry. */
  readonly isTableComplete: boolean;
  /** Counts the requests of this process. */
  readonly traffic: TrafficCounter;
  /** Receives what workers counted. */
  readonly onReport: (worker: string, report: ProcessReport) => void;
  /** Called after an ejection; with workers, after each of their reports. */
  readonly onLoads: () => void;
  /** A service that a filter depends on does not work. */
  readonly onFilterFault: (filter: string, reason: string) => void;
  readonly logger: Logger;
}

/** Creates a data plane in this process or, with more than one worker, in processes of its own. */
export async function createDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  const { workers, settings, directory, isTableComplete, traffic, onReport, onLoads, logger } =
    options;
  const { onFilterFault } = options;
  const count = workers === 'auto' ? availableParallelism() : workers;
  const onOutcome = (outcome: InstanceOutcome): void =>
    directory.reportOutcome(outcome.key, outcome.verdict, undefined, attemptOf(outcome));
  const onServed = (served: Served): void => {
    for (const [key, at] of served) directory.reportOutcome(key, 'ok', at);
  };
  const onRequestError = ({ filter, requestId, reason }: RequestError): void => {
    if (filter === undefined) logger.error({ requestId, reason }, 'internal error at a request');
    else logger.error({ filter, requestId, reason }, 'filter failed');
  };
  if (count > 1) {
    // If the tracer is not installed, one error here is better than one from each worker.
    if (settings.traces) await loadTracer();
    const table = directory;
    return new WorkerPool({
      count,
      settings,
      table,
      isTableComplete,
      onOutcome,
      onServed,
      onReport,
      onLoads,
      onRequestError,
      onFilterFault,
      spawn: spawnWorker,
      logger,
    });
  }
  return createInProcessDataPlane({
    settings,
    table: directory,
    isTableComplete,
    traffic,
    observers: await openRequestObservers(settings),
    onUnreachable: (...failed) => onOutcome(instanceOutcome(...failed)),
    onEjected: onLoads,
    onRequestError,
    onFilterFault,
    onServed,
  });
}
