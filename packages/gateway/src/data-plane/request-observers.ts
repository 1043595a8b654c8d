import type { RequestSummary } from '@rollcall/proxy';
import type { AccessLogSettings } from '../settings/config.ts';
import { loadTracer } from '../traces/load.ts';
import type { Traces } from '../traces/tracer.ts';

/** What receives every request besides the counters: the access log and the traces, as far as they are on. */
export interface RequestObservers {
  readonly accessLog: { readonly write: (request: RequestSummary) => void } | undefined;
  readonly traces: Traces | undefined;
  close(): Promise<void>;
}

interface ObserverSettings {
  readonly accessLog: AccessLogSettings;
  readonly traces: boolean;
}

/**
 * Opens the observers that the settings ask for. The others are not even loaded.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export async function openRequestObservers(settings: ObserverSettings): Promise<RequestObservers> {
  const { to, ...log } = settings.accessLog;
  const accessLog =
    to === 'off' ? undefined : (await import('../access-log/access-log.ts')).openAccessLog(to, log);
  const traces = settings.traces ? (await loadTracer()).openTraces() : undefined;
  return {
    accessLog,
    traces,
    async close() {
      await accessLog?.close();
      await traces?.close();
    },
  };
}
