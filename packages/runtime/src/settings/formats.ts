import { isPlaceholder, parseAddress } from '@rollcall/protocol';
import type { Format } from './setting.ts';

/** An address of this machine to listen on. */
export const LISTEN_ADDRESS: Format = {
  expected: 'an IP address such as 127.0.0.1 or 0.0.0.0',
  parse: (text) =>
    ['0.0.0.0', '::', 'localhost'].includes(text) || parseAddress(text).ok ? text : undefined,
};

export const SECRET: Format = {
  expected: 'a string that is not empty, and no placeholder such as set-this',
  parse: (text) => (text === '' || isPlaceholder(text) ? undefined : text),
};

/** The characters of a bearer token: RFC 6750 §2.1. */
export const TOKEN: Format = {
  expected:
    'at least 16 of A-Z a-z 0-9 . _ ~ + / = -, such as the output of "openssl rand -hex 32", and no placeholder',
  parse: (text) =>
    /^[A-Za-z0-9._~+/=-]{16,}$/.test(text) && !isPlaceholder(text) ? text : undefined,
};

/** The hash of an API key or of a token. */
export const SECRET_HASH: Format = {
  expected: 'sha256: and 64 hexadecimal digits, as `rollcall hash` prints it',
  parse: (text) => (/^sha256:[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : undefined),
  // The text may be the secret itself.
  problem: () => 'must be sha256: and 64 hexadecimal digits, as `rollcall hash` prints it',
};

export const TOKEN_NAME: Format = {
  expected: 'a name of at most 64 letters, digits and . _ @ -, such as alice or ci-deploy',
  parse: (text) => (/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(text) ? text : undefined),
};

const TIME = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** A time by ISO 8601. A date alone is its first moment in UTC. */
export const TIME_FORMAT: Format = {
  expected: 'a date or a time with its zone, such as 2027-01-31 or 2027-01-31T12:00:00Z',
  parse(text) {
    const [, day = ''] = TIME.exec(text) ?? [];
    const at = Date.parse(text);
    // Date.parse takes the 30th of February for the 2nd of March.
    const isDay = day !== '' && new Date(day).toISOString().startsWith(day);
    return isDay && !Number.isNaN(at) ? new Date(at).toISOString() : undefined;
  },
};
