import { setTimeout as delay } from 'node:timers/promises';
import { describeProbed, probeVerdict } from '@rollcall/protocol';
import type { Announcement } from '@rollcall/protocol';
import { acceptsConnections } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import { reach } from '../reach.ts';

const CONNECT_TIMEOUT_MS = 2000;
const FIRST_WAIT_MS = 20;
const MAX_WAIT_MS = 500;
const REMIND_EVERY_MS = 10_000;
const LOOPBACK = ['127.0.0.1', '::1'] as const;

/**
 * Waits until the program accepts connections at one of the addresses at which it may be announced and, if it has a
 * health path, is healthy there. There is no deadline, because some programs take minutes to start; a line every
 * 10 s says what is missing, and what the health path answered.
 *
 * @returns the address; undefined if the program was stopped or ended before
 */
export async function servedAddress(
  announcement: Announcement,
  addresses: readonly string[],
  stopping: AbortSignal,
  logger: Logger,
): Promise<string | undefined> {
  let wait = FIRST_WAIT_MS;
  let remindAt = performance.now() + REMIND_EVERY_MS;
  let answered = '';
  while (!stopping.aborted) {
    for (const address of addresses) {
      const there = { ...announcement, address };
      if (!(await accepts(there))) continue;
      const why = await whyUnhealthy(there);
      if (why === undefined) return stopping.aborted ? undefined : address;
      answered = `: ${why}`;
    }
    if (performance.now() >= remindAt) {
      const elsewhere = await listensElsewhere(announcement, addresses);
      const condition = conditionOf(announcement, addresses);
      logger.warn(`still waiting for ${condition}${answered}${elsewhere}`);
      remindAt += REMIND_EVERY_MS;
    }
    await delay(wait, undefined, { signal: stopping }).catch(() => {});
    wait = Math.min(wait * 2, MAX_WAIT_MS);
  }
  return undefined;
}

/** Whether a program accepts connections where this would be announced. */
export function accepts({ address, port }: Announcement): Promise<boolean> {
  return acceptsConnections({ host: address, port }, CONNECT_TIMEOUT_MS);
}

/** What its health path answered instead; undefined if it is healthy, or has none. */
async function whyUnhealthy(announcement: Announcement): Promise<string | undefined> {
  if (announcement.health === undefined) return undefined;
  const outcome = await reach(announcement);
  const verdict = probeVerdict(outcome, announcement);
  if (verdict === 'ok') return undefined;
  return describeProbed({ verdict, attempt: { ...announcement.health, outcome } }) ?? verdict;
}

/** What a program is waited for: in a line of the log, and in the error of one that ended before. */
export function conditionOf({ port, health }: Announcement, addresses: readonly string[]): string {
  const where = `${addresses.join(' or ')} port ${port}`;
  return health === undefined
    ? `the program to listen on ${where}`
    : `${health.path} on ${where} to be healthy`;
}

/** A program that listens on loopback alone cannot be reached from another machine. */
async function listensElsewhere(
  announcement: Announcement,
  addresses: readonly string[],
): Promise<string> {
  for (const address of LOOPBACK.filter((each) => !addresses.includes(each))) {
    if (await accepts({ ...announcement, address }))
      return `; it listens on ${address}, which is announced only with --address ${address}`;
  }
  return '';
}
