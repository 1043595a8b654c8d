import type { Field } from './field.ts';

const MAX_SERVER_NAME = 253;
const MAX_SPIFFE_ID = 2048;

/** A DNS name. No IPv4 address is one, because its last label has a letter or `_` before anything but digits. */
export const SERVER_NAME: RegExp =
  /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)*[0-9]*[A-Za-z_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?$/;

/**
 * SPIFFE-ID §2: a trust domain of lower case, and a path, which the certificate of a workload has to have (X509-SVID §3.1).
 * Its segments are not empty, not `.` and not `..`.
 */
export const SPIFFE_ID: RegExp =
  /^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/(?:\.{0,2}[A-Za-z0-9_-]|\.{3})[A-Za-z0-9._-]*)+$/;

/** By what the certificate of an instance proves that it is this instance. */
export const IDENTITY_FIELDS: readonly Field[] = [
  {
    name: 'serverName',
    type: 'pattern',
    pattern: SERVER_NAME,
    maxLength: MAX_SERVER_NAME,
    form: 'a DNS name such as "orders.internal"',
    doc: 'The name that is sent as SNI, and that the certificate must be for unless there is a `spiffeId`.',
    example: 'orders.internal',
    flag: '--tls-server-name <name>',
    go: 'ServerName',
  },
  {
    name: 'spiffeId',
    type: 'pattern',
    pattern: SPIFFE_ID,
    maxLength: MAX_SPIFFE_ID,
    form: 'a SPIFFE ID such as "spiffe://example.org/orders"',
    doc: 'The SPIFFE ID that the certificate must have, as its only URI. The names in the certificate then do not count.',
    example: 'spiffe://example.org/orders',
    flag: '--spiffe-id <id>',
    go: 'SpiffeID',
  },
];
