/** When a certificate is valid, in milliseconds since 1970. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The part of its life after which a certificate is renewed, as Let's Encrypt advises. */
const RENEW_AFTER = 2 / 3;
/** Renewals are spread over this part of the life before, so that those of one day do not come at one moment. */
const JITTER = 1 / 20;

/** Returns when to renew a certificate. @param random from 0 to 1 */
export function renewalTime({ notBefore, notAfter }: Validity, random: number): number {
  return notBefore + (notAfter - notBefore) * (RENEW_AFTER - JITTER * random);
}

const FIRST_DELAY_MS = 60_000;
const MAX_DELAY_MS = 24 * 3_600_000;

/**
 * Returns how long to wait after failures in a row: a minute, doubled each time up to a day. Let's Encrypt allows five
 * failures an hour for a name.
 * @param random from 0 to 1; it shortens the time by up to a fifth
 */
export function retryDelay(failures: number, random: number): number {
  const delay = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), MAX_DELAY_MS);
  return delay * (1 - random / 5);
}
