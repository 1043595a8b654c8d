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
