import { describe, expect, it } from 'vitest';
import { HEADERS } from '../../../src/filters/headers/headers.ts';
import { fieldNameProblem, fieldValueProblem } from '../../../src/filters/headers/header-fields.ts';
import {
  filterContext,
  filterOf,
  filterRequest,
  filterResponse,
  settingsOf,
} from '../filter-request.ts';

const RULES = {
  request: { remove: ['X-Debug'], set: { 'X-Env': 'prod' }, add: { 'X-Tag': 'b' } },
  response: { remove: ['Server'], set: { 'Strict-Transport-Security': 'max-age=31536000' } },
};

describe('header rules', () => {
  it('remove, set and add fields of a request', () => {
    const headers = { 'x-debug': '1', 'x-env': 'test', 'x-tag': 'a' };
    const request = filterRequest({ headers });
    void filterOf(HEADERS, RULES).onRequest?.(request);
    expect([...request.fields]).toEqual([
      ['x-tag', 'a'],
      ['X-Env', 'prod'],
      ['X-Tag', 'b'],
    ]);
  });

  it('remove and set fields of a response', () => {
    const response = filterResponse({ server: 'x', 'x-a': '1' });
    filterOf(HEADERS, RULES).onResponse?.(response, filterRequest());
    expect([...response.fields]).toEqual([
      ['x-a', '1'],
      ['Strict-Transport-Security', 'max-age=31536000'],
    ]);
  });

  it.each([{}, { ...RULES, enabled: false }])('build nothing from %j', (rules) => {
    expect(HEADERS.create(settingsOf(HEADERS, rules), filterContext())).toBeUndefined();
  });

  it('are described by what they change', () => {
    expect(HEADERS.describe(settingsOf(HEADERS, RULES))).toBe(
      'removes X-Debug on requests; sets X-Env on requests; adds X-Tag on requests; ' +
        'removes Server on responses; sets Strict-Transport-Security on responses',
    );
  });
});

describe('a header name in a rule', () => {
  it.each(['X-Env', 'server', 'content-type', 'authorization'])('may be %s', (name) => {
    expect(fieldNameProblem(name)).toBeUndefined();
  });

  it.each([
    'Host',
    'Content-Length',
    'transfer-encoding',
    'Connection',
    'Expect',
    'Keep-Alive',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Upgrade',
    'X-Forwarded-For',
    'Forwarded',
    'Via',
    'X-Request-Id',
  ])('must not be %s', (name) => {
    expect(fieldNameProblem(name)).toMatch(/^cannot be changed: /);
  });

  it.each(['', 'X Env', 'X-Env:', 'X-Env\r\nX-Evil', 'naïve'])('must not be %j', (name) => {
    expect(fieldNameProblem(name)).toBe('is not a header name');
  });
});

describe('a header value in a rule', () => {
  it.each(['prod', 'a b\tc', 'caf\u00e9', 'max-age=1'])('may be %j', (value) => {
    expect(fieldValueProblem(value)).toBeUndefined();
  });

  it.each(['', ' a', 'a ', 'a\r\nX-Evil: 1', 'a\nb', '\0', '\u20ac', 'x'.repeat(8193)])(
    'must not be %j',
    (value) => {
      expect(fieldValueProblem(value)).toBeDefined();
    },
  );
});
