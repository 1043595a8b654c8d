import { describe, expect, it } from 'vitest';
import type { FilterAnswer } from '@rollcall/proxy';
import type { Values } from '@rollcall/runtime/settings';
import { CORS } from '../../../src/filters/headers/cors.ts';
import { matchOrigins, parseOrigin } from '../../../src/filters/headers/origins.ts';
import {
  fieldSet,
  filterOf,
  filterRequest,
  filterResponse,
  settingsOf,
} from '../filter-request.ts';

type CorsSettings = Values<typeof CORS.settings.settings>;

const APP = 'https://app.example.com';

function preflight(
  settings: CorsSettings,
  headers: Record<string, string> = {},
): { status: number; fields: Record<string, string> } | undefined {
  const request = filterRequest({
    method: 'OPTIONS',
    headers: { origin: APP, 'access-control-request-method': 'PUT', ...headers },
  });
  const answer = filterOf(CORS, settings).onRequest?.(request) as FilterAnswer | undefined;
  return answer && { status: answer.status, fields: Object.fromEntries(answer.fields ?? []) };
}

function actual(
  settings: CorsSettings,
  headers: Record<string, string> = { origin: APP },
  response: Record<string, string> = {},
): Record<string, string> {
  const fields = fieldSet(response);
  filterOf(CORS, settings).onResponse?.(
    { ...filterResponse(), fields },
    filterRequest({ headers }),
  );
  return Object.fromEntries(fields);
}

describe('a preflight', () => {
  it('is answered with what is allowed', () => {
    const settings = {
      origins: [APP],
      methods: ['GET', 'PUT'],
      headers: ['Authorization'],
      credentials: true,
      maxAge: 600,
    };
    expect(preflight(settings)).toEqual({
      status: 204,
      fields: {
        'access-control-allow-origin': APP,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, PUT',
        'access-control-allow-headers': 'Authorization',
        'access-control-max-age': '600',
        vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
      },
    });
  });

  it('allows the headers that it asks for unless they are listed', () => {
    const headers = { 'access-control-request-headers': 'x-one, x-two,x y,' };
    expect(preflight({ origins: ['*'] }, headers)?.fields).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'x-one, x-two',
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
    });
  });

  it('of another origin is answered without permission', () => {
    expect(preflight({ origins: [APP] }, { origin: 'https://evil.example' })).toEqual({
      status: 204,
      fields: { vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers' },
    });
  });

  it.each([
    { method: 'OPTIONS', headers: { origin: APP } },
    { method: 'OPTIONS', headers: { 'access-control-request-method': 'PUT' } },
    { method: 'GET', headers: { origin: APP, 'access-control-request-method': 'PUT' } },
  ])('is not %j: that reaches the instance', (request) => {
    expect(filterOf(CORS, { origins: [APP] }).onRequest?.(filterRequest(request))).toBeUndefined();
  });
});

describe('a response', () => {
  it('allows the origin, and says that it depends on it', () => {
    const settings = { origins: [APP], credentials: true, exposedHeaders: ['X-Total', 'Link'] };
    expect(actual(settings)).toEqual({
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'X-Total, Link',
      vary: 'Origin',
    });
  });

  it('depends on the origin even if there was none, or another', () => {
    expect(actual({ origins: [APP] }, {})).toEqual({ vary: 'Origin' });
    expect(actual({ origins: [APP] }, { origin: 'https://evil.example' })).toEqual({
      vary: 'Origin',
    });
  });

  it('for any origin does not depend on it', () => {
    expect(actual({ origins: ['*'] })).toEqual({ 'access-control-allow-origin': '*' });
  });

  it('loses the permissions that the instance gave', () => {
    const own = {
      'access-control-allow-origin': '*',
      'access-control-allow-credentials': 'true',
      vary: 'accept-encoding, origin',
    };
    expect(actual({ origins: [APP] }, { origin: 'https://evil.example' }, own)).toEqual({
      vary: 'accept-encoding, origin',
    });
  });

  it('to a request with two origins allows none', () => {
    const request = filterRequest();
    request.fields.append('origin', APP);
    request.fields.append('origin', APP);
    const fields = fieldSet();
    filterOf(CORS, { origins: [APP] }).onResponse?.({ ...filterResponse(), fields }, request);
    expect(fields.has('access-control-allow-origin')).toBe(false);
  });
});

describe('origins', () => {
  it.each([
    ['https://app.example.com', 'https://app.example.com'],
    ['HTTPS://App.Example.com:443', 'https://app.example.com'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['https://*.example.com', 'https://*.example.com'],
    ['https://*.example.com:8443', 'https://*.example.com:8443'],
    ['*', '*'],
  ])('%s is read as %s', (written, canonical) => {
    expect(parseOrigin(written)).toBe(canonical);
  });

  it.each([
    'null',
    'app.example.com',
    'https://app.example.com/',
    'https://app.example.com/path',
    'https://user@app.example.com',
    'ftp://app.example.com',
    'https://*.com',
    'https://*',
    'https://*.1.2.3.4',
    'https://a.*.example.com',
    '*.example.com',
    '',
  ])('%j is invalid', (written) => {
    expect(parseOrigin(written)).toBeUndefined();
  });

  const matches = matchOrigins(['https://app.example.com', 'https://*.example.org']);
  it.each(['https://app.example.com', 'https://a.example.org', 'https://a.b.example.org'])(
    '%s matches',
    (origin) => {
      expect(matches(origin)).toBe(true);
    },
  );
  it.each([
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://app.example.com.evil.example',
    'https://example.org',
    'https://evilexample.org',
    'https://.example.org',
    'https://evil.example/.example.org',
    'https://evil.example#.example.org',
    'https://a.example.org:8443',
    'http://a.example.org',
    'null',
    '*',
  ])('%s does not match', (origin) => {
    expect(matches(origin)).toBe(false);
  });
});

describe('what CORS does', () => {
  it('is described in one line', () => {
    expect(
      CORS.describe(settingsOf(CORS, { origins: [APP], methods: ['GET'], credentials: true })),
    ).toBe(`answers preflights; allows ${APP} with credentials, GET`);
    expect(CORS.describe(settingsOf(CORS, { origins: ['*'] }))).toMatch(
      /allows any origin, GET, HEAD/,
    );
  });
});
