import { availableParallelism } from 'node:os';
import type { Directory } from '@rollcall/client';
import type { Logger } from '@rollcall/runtime';
import { createDataPlane } from '../data-plane.ts';
import type { DataPlane, PlaneSettings } from '../data-plane.ts';
import { openInstruments } from '../instruments.ts';
import type { Telemetry } from '../metrics/telemetry.ts';
import { loadTracer } from '../traces/load.ts';
import { WorkerPool } from './pool.ts';
import { spawnWorker } from './process.ts';

export interface PlaneOptions {
  readonly workers: number | 'auto';
  readonly settings: PlaneSettings;
  readonly telemetry: Pick<Telemetry, 'traffic' | 'counted'>;
  readonly directory: Pick<
    Directory,
    'prefixes' | 'instances' | 'knows' | 'routable' | 'reportOutcome'
  >;
  readonly logger: Logger;
}

/** A data plane in this process or, with more than one worker, in as many of their own. */
export async function createPlane({
  workers,
  settings,
  telemetry,
  directory,
  logger,
}: PlaneOptions): Promise<DataPlane> {
  const count = workers === 'auto' ? availableParallelism() : workers;
  const onOutcome: Directory['reportOutcome'] = (key, verdict) =>
    directory.reportOutcome(key, verdict);
  if (count > 1) {
    // That they cannot be had is said once, and not by each worker.
    if (settings.traces) await loadTracer();
    return new WorkerPool({
      count,
      settings,
      table: directory,
      onOutcome,
      onReport: (worker, counted) => telemetry.counted(worker, counted),
      spawn: spawnWorker,
      logger,
    });
  }
  return createDataPlane({
    settings,
    table: directory,
    traffic: telemetry.traffic,
    instruments: await openInstruments(settings),
    onUnreachable: ({ key }, verdict) => onOutcome(key, verdict),
  });
}
