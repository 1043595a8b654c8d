const CODES: ReadonlySet<unknown> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
]);

/** Whether a connection failed because this machine has run out of something, which says nothing about the peer. */
export function isOwnShortage(error: Error): boolean {
  return 'code' in error && CODES.has(error.code);
}
