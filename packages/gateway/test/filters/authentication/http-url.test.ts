import { expect, it } from 'vitest';
import { HTTP_URL } from '../../../src/filters/authentication/http-url.ts';

it.each([
  'http://user:secret@auth/',
  'http://user@auth/',
  'http://:secret@auth/',
  'ftp://:secret@auth',
])('a service has no user and password, and the message does not show them: %s', (url) => {
  expect(HTTP_URL.parse(url)).toBeUndefined();
  expect(HTTP_URL.problem?.(url)).toBe(
    'must be a URL with http or https, without user and password',
  );
});

it('a service may have an @ in its path', () => {
  expect(HTTP_URL.parse('https://auth/@check')).toBe('https://auth/@check');
});
