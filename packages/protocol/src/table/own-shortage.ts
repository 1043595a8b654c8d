const CODES: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
]);

/** What is said of such a failure. */
export const OWN_SHORTAGE = 'this machine lacks descriptors, ports or memory';

/**
 * Whether a request failed with this code because the machine that sent it has run out of something, such as
 * descriptors: that says nothing about the peer.
 */
export function isOwnShortage(code: string): boolean {
  return CODES.has(code);
}
