import type { AccessLog } from './access-log/access-log.ts';
import type { PlaneSettings } from './data-plane.ts';
import { loadTracer } from './traces/load.ts';
import type { Traces } from './traces/tracer.ts';

/** What follows requests for people, besides counting them. */
export interface Instruments {
  readonly accessLog: AccessLog | undefined;
  readonly traces: Traces | undefined;
  close(): Promise<void>;
}

/**
 * Opens those that are asked for. What is not, is not even loaded.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export async function openInstruments({
  accessLog,
  traces,
}: Pick<PlaneSettings, 'accessLog' | 'traces'>): Promise<Instruments> {
  const log = accessLog && (await import('./access-log/access-log.ts')).openAccessLog(accessLog);
  const opened = traces ? (await loadTracer()).openTraces() : undefined;
  return {
    accessLog: log,
    traces: opened,
    async close() {
      log?.close();
      await opened?.close();
    },
  };
}
