import { expect, it } from 'vitest';
import { cookieValue } from '../../src/http1/cookie.ts';

it.each([
  ['a=1', '1'],
  ['b=2; a=1; a=3', '1'],
  ['aa=2;a=1', '1'],
  ['a = 1 ', '1'],
  ['a="x y"; b', '"x y"'],
  ['a=', ''],
  ['a=b=c', 'b=c'],
  ['', undefined],
  ['a', undefined],
  ['A=1; x=a=1', undefined],
])('%j: of the cookie a, %j', (field, value) => {
  expect(cookieValue(field, 'a')).toBe(value);
});
