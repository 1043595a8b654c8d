import { expect, it } from 'vitest';
import { matchMediaTypes, MEDIA_TYPE } from '../../../src/filters/delivery/media-types.ts';

const isText = matchMediaTypes(['text/*', 'application/json', '*/*+json']);

it.each([
  'text/html',
  'Text/HTML; charset=utf-8',
  'application/json;charset=utf-8',
  'application/problem+json',
])('matches %s', (type) => {
  expect(isText(type)).toBe(true);
});

it.each(['', 'text', 'image/png', 'application/jsonx', 'application/x+jsonx', 'text/a/b'])(
  'does not match "%s"',
  (type) => {
    expect(isText(type)).toBe(false);
  },
);

it('matches every type with */*', () => {
  expect(matchMediaTypes(['*/*'])('image/png')).toBe(true);
  expect(matchMediaTypes(['*/*'])('')).toBe(false);
});

it.each(['text/html', 'Text/*', '*/*', '*/*+json', 'application/vnd.a-b+json'])(
  'takes the setting %s',
  (text) => {
    expect(MEDIA_TYPE.parse(text)).toBe(text.toLowerCase());
  },
);

it.each(['', 'text', '*/html', 'text/*+xml', 'text/html; charset=utf-8', 'a/b/c'])(
  'refuses the setting "%s"',
  (text) => {
    expect(MEDIA_TYPE.parse(text)).toBeUndefined();
  },
);
