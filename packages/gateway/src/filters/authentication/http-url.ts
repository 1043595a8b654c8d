import type { Format } from '@rollcall/runtime/settings';

const EXPECTED = 'a URL with http or https, without user and password';

/** The URL of a service that a filter depends on. */
export const HTTP_URL: Format = {
  expected: EXPECTED,
  parse(text) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
    return isHttp && url.username === '' && url.password === '' ? url.href : undefined;
  },
  // Before an @, the text may have a password.
  problem: (text) =>
    text.includes('@')
      ? `must be ${EXPECTED}`
      : `is ${JSON.stringify(text)}; it must be ${EXPECTED}`,
};
