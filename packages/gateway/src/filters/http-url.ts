import type { Format } from '@rollcall/runtime/settings';

/** The URL of a service that a filter depends on. */
export const HTTP_URL: Format = {
  expected: 'a URL with http or https, without user and password',
  parse(text) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
    return isHttp && url.username === '' ? url.href : undefined;
  },
};
