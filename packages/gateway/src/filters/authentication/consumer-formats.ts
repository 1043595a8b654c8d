import { hashToken } from '@rollcall/runtime/admin';
import { SECRET_HASH } from '@rollcall/runtime/settings';
import type { Format } from '@rollcall/runtime/settings';

/** Without a colon, because it is the user name of basic authentication (RFC 7617 §2). */
export const CONSUMER_NAME: Format = {
  expected: 'a name of at most 64 letters, digits and . _ @ -, such as acme',
  parse: (text) => (/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(text) ? text : undefined),
};

export const API_KEY_HASH: Format = SECRET_HASH;

export const CERTIFICATE: Format = {
  expected:
    'a subject such as CN=acme, a name such as DNS:acme.example or URI:spiffe://acme, or sha256: and 64 hexadecimal digits',
  parse(text) {
    if (/^sha256:/i.test(text)) return API_KEY_HASH.parse(text);
    return /^[A-Za-z0-9.]+[=:]./.test(text) ? text : undefined;
  },
};

/** Returns the hash of an API key. A key is long and random, so that a fast hash is enough. */
export function hashApiKey(key: string): string {
  return hashToken(key);
}
