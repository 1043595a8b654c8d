import { setTimeout as delay } from 'node:timers/promises';
import { describeProbed, isOwnShortage, OWN_SHORTAGE, probeVerdict } from '@rollcall/protocol';
import type { Announcement } from '@rollcall/protocol';
import { connectionFailure } from '@rollcall/runtime';
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
  while (!stopping.aborted) {
    let missing = '';
    for (const address of addresses) {
      const why = await whyNotServed({ ...announcement, address });
      if (why === undefined) return stopping.aborted ? undefined : address;
      if (why !== '') missing = `: ${why}`;
    }
    if (performance.now() >= remindAt) {
      const elsewhere = await listensElsewhere(announcement, addresses);
      const condition = conditionOf(announcement, addresses);
      logger.warn(`still waiting for ${condition}${missing}${elsewhere}`);
      remindAt += REMIND_EVERY_MS;
    }
    await delay(wait, undefined, { signal: stopping }).catch(() => {});
    wait = Math.min(wait * 2, MAX_WAIT_MS);
  }
  return undefined;
}

/** Whether a program accepts connections where this would be announced. */
export async function accepts(announcement: Announcement): Promise<boolean> {
  return (await connectFailure(announcement)) === undefined;
}

function connectFailure({ address, port }: Announcement): Promise<string | undefined> {
  return connectionFailure({ host: address, port }, CONNECT_TIMEOUT_MS);
}

/** Why it may not be announced there yet: empty if it does not listen; undefined if it may be. */
async function whyNotServed(announcement: Announcement): Promise<string | undefined> {
  const failure = await connectFailure(announcement);
  if (failure === undefined) return whyUnhealthy(announcement);
  return isOwnShortage(failure) ? `${OWN_SHORTAGE} (${failure})` : '';
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
