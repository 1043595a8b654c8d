import { MAX_RETRY_MS, RETRY_MS } from './keep-alive.ts';
import type { KeepAlive, KeepAliveContext } from './keep-alive.ts';

/**
 * The default lease in seconds. Probes detect crashes; the lease bounds how long an observer that has lost
 * the instance waits for it.
 */
export const DEFAULT_TTL = 300;

/**
 * Renews the announcement every third of its ttl: for environments in which a program can send HTTP requests
 * and cannot hold a connection.
 */
export function leaseMode(context: KeepAliveContext): KeepAlive {
  const { owner, announce, onAccepted, onFault } = context;
  const renewEveryMs = ((owner.announcement.ttl ?? DEFAULT_TTL) * 1000) / 3;
  let timer: NodeJS.Timeout | undefined;
  let isMuted = false;
  let isAccepted = false;

  function renewAfter(waitMs: number, retryMs: number): void {
    if (!isMuted) timer = setTimeout(() => void renew(retryMs), waitMs);
  }

  async function renew(retryMs: number): Promise<void> {
    try {
      await announce();
      if (!isAccepted) onAccepted();
      isAccepted = true;
      renewAfter(renewEveryMs, RETRY_MS);
    } catch (error) {
      if (isMuted) return;
      onFault(error instanceof Error ? error : new Error(String(error)));
      renewAfter(Math.min(retryMs, renewEveryMs, MAX_RETRY_MS), retryMs * 2);
    }
  }

  function mute(): void {
    isMuted = true;
    clearTimeout(timer);
  }

  return {
    start: () => void renew(RETRY_MS),
    // The next renewal repeats the change.
    changed() {},
    // Nothing is received in this mode, a later run neither.
    outbid() {},
    mute,
    stop: mute,
  };
}
