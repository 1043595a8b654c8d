import { setTimeout as delay } from 'node:timers/promises';
import { probeVerdict } from '@rollcall/protocol';
import type { Announcement } from '@rollcall/protocol';
import { acceptsConnections, httpRequest } from '@rollcall/runtime';

const PROBE_TIMEOUT_MS = 2000;
const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 500;
const REMIND_EVERY_MS = 10_000;

/**
 * Waits until the program accepts connections where it will be announced and, if it has a health
 * path, is healthy there. There is no deadline: some programs take minutes, and whoever starts them
 * knows; a line every 10 s says what is waited for.
 *
 * @returns false if it was stopped or ended before
 */
export async function serving(
  announcement: Announcement,
  stopping: AbortSignal,
  say: (line: string) => void,
): Promise<boolean> {
  let wait = FIRST_WAIT_MS;
  let remindAt = performance.now() + REMIND_EVERY_MS;
  while (!stopping.aborted) {
    if ((await accepts(announcement)) && (await isHealthy(announcement))) return !stopping.aborted;
    if (performance.now() >= remindAt) {
      say(`still waiting for ${waitedFor(announcement)}`);
      remindAt += REMIND_EVERY_MS;
    }
    await delay(wait, undefined, { signal: stopping }).catch(() => {});
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
  return false;
}

/** Whether something accepts connections there. */
export function accepts({ address, port }: Announcement): Promise<boolean> {
  return acceptsConnections({ host: address, port }, PROBE_TIMEOUT_MS);
}

async function isHealthy(announcement: Announcement): Promise<boolean> {
  const { address, port, health } = announcement;
  if (health === undefined) return true;
  const request = { host: address, port, ...health, timeoutMs: PROBE_TIMEOUT_MS };
  return probeVerdict(await httpRequest(request), announcement) === 'ok';
}

function waitedFor({ address, port, health }: Announcement): string {
  const where = `${address} port ${port}`;
  return health === undefined ? `${where} to listen` : `${health.path} at ${where} to be healthy`;
}
