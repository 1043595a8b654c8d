import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authenticate, checkBody, readQuery } from '../../src/api/authenticate.ts';
import { newApp } from '../app/new-app.ts';
import { Apps } from '../../src/app/apps.ts';
import { md5, sign } from './signed.ts';

const NOW_S = 1_700_000_000;
const app = { appId: '1', key: 'key', secret: 'secret' };
const other = { appId: '2', key: 'other-key', secret: 'other-secret' };
const off = { appId: '4', key: 'off', secret: 'off-secret', enabled: false };
const apps = new Apps([app, other, off].map((options) => newApp({ options })));

const method = 'POST';
const path = '/apps/1/events';
const query = { auth_key: app.key, auth_timestamp: String(NOW_S), auth_version: '1.0' };
const request = { secret: app.secret, method, path, query };

const check = (signed: Map<string, string>, appId = '1') =>
  authenticate(apps, appId, { method, paths: [path], query: signed }, NOW_S * 1_000);

const refusal = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
};

const unauthorised = (message: RegExp) =>
  expect.objectContaining({ status: 401, message: expect.stringMatching(message) as string });

describe('authenticate', () => {
  it('finds the app that signed', () => {
    expect(check(sign(request)).options).toEqual(app);
  });

  it.each([NOW_S - 600, NOW_S + 600])('accepts a clock that is 600 s off: %d', (timestamp) => {
    const signed = sign({ ...request, query: { ...query, auth_timestamp: String(timestamp) } });
    expect(check(signed).options).toEqual(app);
  });

  it.each([NOW_S - 601, NOW_S + 601])('refuses a clock that is 601 s off: %d', (timestamp) => {
    const signed = sign({ ...request, query: { ...query, auth_timestamp: String(timestamp) } });
    expect(() => check(signed)).toThrow(unauthorised(/600 s off/));
  });

  it.each(['', 'now', '1e9', '-1', '1.5', ' 1', '9'.repeat(13)])(
    'refuses an invalid timestamp: %j',
    (timestamp) => {
      const signed = sign({ ...request, query: { ...query, auth_timestamp: timestamp } });
      expect(() => check(signed)).toThrow(unauthorised(/in seconds/));
    },
  );

  it.each(['', '1', '1.1', '2.0'])('refuses auth_version %j', (version) => {
    const signed = sign({ ...request, query: { ...query, auth_version: version } });
    expect(() => check(signed)).toThrow(unauthorised(/auth_version/));
  });

  it('refuses a request that was changed after it was signed', () => {
    expect(() => check(sign({ ...request, method: 'GET' }))).toThrow(unauthorised(/wrong/));
    expect(() => check(sign({ ...request, path: '/apps/1/batch_events' }))).toThrow(
      unauthorised(/wrong/),
    );
    expect(() => check(sign(request).set('info', 'user_count'))).toThrow(unauthorised(/wrong/));
    expect(() => check(new Map(Object.entries(query)))).toThrow(unauthorised(/wrong/));
  });

  it('gives the same error for a wrong app id, key or signature', () => {
    const errors = [
      refusal(() => check(sign({ ...request, secret: 'wrong' }))),
      refusal(() => check(sign({ ...request, query: { ...query, auth_key: 'wrong' } }))),
      refusal(() => check(sign({ ...request, secret: '' }), '3')),
      refusal(() => check(sign({ ...request, secret: other.secret }))),
      refusal(() =>
        check(sign({ ...request, secret: other.secret, query: { ...query, auth_key: other.key } })),
      ),
      refusal(() => check(sign(request), '2')),
    ];
    const [first] = errors;
    expect(first).toMatchObject({ status: 401 });
    for (const error of errors) expect(error).toEqual(first);
  });

  it('answers 403 for a disabled app, to signed requests only', () => {
    const own = { ...request, secret: off.secret, query: { ...query, auth_key: off.key } };
    expect(() => check(sign(own), '4')).toThrow(expect.objectContaining({ status: 403 }));
    expect(() => check(sign({ ...own, secret: 'wrong' }), '4')).toThrow(unauthorised(/wrong/));
  });

  it('refuses any other signature', () => {
    const [signature = ''] = [sign(request).get('auth_signature')];
    const any = fc
      .oneof(fc.string(), fc.string({ minLength: 64, maxLength: 64, unit: 'binary' }))
      .filter((candidate) => candidate !== signature);
    fc.assert(
      fc.property(any, (candidate) => {
        expect(() => check(sign(request).set('auth_signature', candidate))).toThrow(
          unauthorised(/wrong/),
        );
      }),
    );
  });
});

describe('checkBody', () => {
  const body = Buffer.from('{"é":1}');

  it('accepts the body that was signed', () => {
    expect(() => checkBody(body, new Map([['body_md5', md5('{"é":1}')]]))).not.toThrow();
    expect(() => checkBody(Buffer.alloc(0), new Map())).not.toThrow();
    expect(() => checkBody(Buffer.alloc(0), new Map([['body_md5', md5('')]]))).not.toThrow();
  });

  it.each([
    ['no md5', body, new Map()],
    ['another md5', body, new Map([['body_md5', md5('{"e":1}')]])],
    ['no body where one was signed for', Buffer.alloc(0), new Map([['body_md5', md5('x')]])],
  ])('refuses %s', (_name, given, parameters) => {
    expect(() => checkBody(given, parameters)).toThrow(unauthorised(/body_md5/));
  });
});

describe('readQuery', () => {
  it('reads names in lower case', () => {
    expect(readQuery('Auth_Key=A&b=%C3%A9+x')).toEqual(
      new Map([
        ['auth_key', 'A'],
        ['b', 'é x'],
      ]),
    );
  });

  it.each(['a=1&a=2', 'a=1&A=1'])('refuses a name given twice: %s', (text) => {
    expect(() => readQuery(text)).toThrow(expect.objectContaining({ status: 400 }));
  });
});
