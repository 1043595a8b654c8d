import type { AccessLog } from './access-log/access-log.ts';
import type { PlaneSettings } from './data-plane.ts';

/** What follows requests for people, besides counting them. */
export interface Instruments {
  readonly accessLog: AccessLog | undefined;
  close(): Promise<void>;
}

/** Opens those that are asked for. What is not, is not even loaded. */
export async function openInstruments({ accessLog }: PlaneSettings): Promise<Instruments> {
  const log = accessLog && (await import('./access-log/access-log.ts')).openAccessLog(accessLog);
  return {
    accessLog: log,
    async close() {
      log?.close();
    },
  };
}
