import { setTimeout as delay } from 'node:timers/promises';
import { probeRequest, probeVerdict } from '@rollcall/protocol';
import type { Announcement } from '@rollcall/protocol';
import { acceptsConnections, httpRequest } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';

const PROBE_TIMEOUT_MS = 2000;
const FIRST_WAIT_MS = 20;
const MAX_WAIT_MS = 500;
const REMIND_EVERY_MS = 10_000;

/**
 * Waits until the program accepts connections where it will be announced and, if it has a health
 * path, is healthy there. There is no deadline, because some programs take minutes to start; a line every 10 s
 * says what is missing.
 *
 * @returns false if it was stopped or ended before
 */
export async function serving(
  announcement: Announcement,
  stopping: AbortSignal,
  logger: Logger,
): Promise<boolean> {
  let wait = FIRST_WAIT_MS;
  let remindAt = performance.now() + REMIND_EVERY_MS;
  while (!stopping.aborted) {
    if ((await accepts(announcement)) && (await isHealthy(announcement))) return !stopping.aborted;
    if (performance.now() >= remindAt) {
      logger.warn(`still waiting for ${conditionOf(announcement)}`);
      remindAt += REMIND_EVERY_MS;
    }
    await delay(wait, undefined, { signal: stopping }).catch(() => {});
    wait = Math.min(wait * 2, MAX_WAIT_MS);
  }
  return false;
}

/** Whether a program accepts connections where this would be announced. */
export function accepts({ address, port }: Announcement): Promise<boolean> {
  return acceptsConnections({ host: address, port }, PROBE_TIMEOUT_MS);
}

async function isHealthy(announcement: Announcement): Promise<boolean> {
  if (announcement.health === undefined) return true;
  const request = { ...probeRequest(announcement), timeoutMs: PROBE_TIMEOUT_MS };
  return probeVerdict(await httpRequest(request), announcement) === 'ok';
}

function conditionOf({ address, port, health }: Announcement): string {
  const where = `${address} port ${port}`;
  return health === undefined
    ? `the program to listen on ${where}`
    : `${health.path} on ${where} to be healthy`;
}
