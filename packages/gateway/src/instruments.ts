import type { AccessLog } from './access-log/access-log.ts';
import type { PlaneSettings } from './data-plane.ts';
import type { AccessLogSettings } from './settings/config.ts';
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
export async function openInstruments(
  settings: Pick<PlaneSettings, 'accessLog' | 'traces'>,
): Promise<Instruments> {
  const accessLog = await openLog(settings.accessLog);
  const traces = settings.traces ? (await loadTracer()).openTraces() : undefined;
  return {
    accessLog,
    traces,
    async close() {
      accessLog?.close();
      await traces?.close();
    },
  };
}

async function openLog({ to, ...settings }: AccessLogSettings): Promise<AccessLog | undefined> {
  if (to === 'off') return undefined;
  return (await import('./access-log/access-log.ts')).openAccessLog(to, settings);
}
