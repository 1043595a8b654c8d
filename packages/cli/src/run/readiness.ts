import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { acceptsConnections } from '@rollcall/runtime';
import type { Announcement } from '@rollcall/protocol';

const PROBE_TIMEOUT_MS = 2000;
const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 500;
const REMIND_EVERY_MS = 10_000;

/**
 * Waits until the program accepts connections where it will be announced and, if it has a health
 * path, answers 2xx there. There is no deadline: some programs take minutes, and whoever starts them
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

function isHealthy({ address, port, health }: Announcement): Promise<boolean> {
  if (health === undefined) return Promise.resolve(true);
  return new Promise((resolve) => {
    const probe = request({
      host: address,
      port,
      path: health.path,
      method: health.method,
      agent: false,
      timeout: PROBE_TIMEOUT_MS,
    });
    probe.once('response', (response) => {
      response.destroy();
      const { statusCode = 0 } = response;
      resolve(statusCode >= 200 && statusCode < 300);
    });
    probe.once('timeout', () => probe.destroy());
    probe.once('error', () => resolve(false));
    probe.once('close', () => resolve(false));
    probe.end();
  });
}

function waitedFor({ address, port, health }: Announcement): string {
  const where = `${address} port ${port}`;
  return health === undefined ? `${where} to listen` : `${health.path} at ${where} to answer 2xx`;
}
