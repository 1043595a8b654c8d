import { setTimeout as delay } from 'node:timers/promises';
import { describeProbed, DEFAULT_HEALTH_CHECK, probeVerdict, urlHost } from '@rollcall/protocol';
import type { Announcement, ProbeOutcome } from '@rollcall/protocol';
import type { Logger } from '@rollcall/runtime';

const FIRST_WAIT_MS = 20;
const MAX_WAIT_MS = 1000;
/** The waits between reminders double. */
const FIRST_REMINDER_MS = 10_000;

/**
 * Waits until an instance passes the probe of its health check. A connection alone proves nothing: what publishes ports on
 * loopback accepts connections before the program in the container does.
 * @returns false if the signal is aborted before
 */
export async function untilServed(
  announcement: Announcement,
  signal: AbortSignal,
  {
    probe,
    logger,
  }: {
    readonly probe: (announcement: Announcement) => Promise<ProbeOutcome>;
    readonly logger: Logger;
  },
): Promise<boolean> {
  let wait = FIRST_WAIT_MS;
  let reminder = FIRST_REMINDER_MS;
  let remindAt = performance.now() + reminder;
  while (!signal.aborted) {
    const outcome = await probe(announcement);
    const verdict = probeVerdict(outcome, announcement);
    if (verdict === 'ok') return !signal.aborted;
    if (performance.now() >= remindAt) {
      const { address, port, health = DEFAULT_HEALTH_CHECK } = announcement;
      const answered = describeProbed({ verdict, attempt: { ...health, outcome } }) ?? verdict;
      logger.warn(
        { at: `${urlHost(address)}:${port}`, answered },
        'still waiting for a container to answer',
      );
      reminder *= 2;
      remindAt += reminder;
    }
    await delay(wait, undefined, { signal }).catch(() => {});
    wait = Math.min(wait * 2, MAX_WAIT_MS);
  }
  return false;
}
