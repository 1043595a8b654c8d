import { describe, expect, it } from 'vitest';
import type { Decide } from '../../src/proxy.ts';
import { atEveryCut, recording, refusedAtEveryCut } from './vectors.ts';
import { forwardBy, NO_UPSTREAM } from '../decisions.ts';

const get = (lines: string, target = '/a'): string => `GET ${target} HTTP/1.1\r\n${lines}\r\n`;

describe('an invalid Host', () => {
  it.each([
    ['missing', ''],
    ['twice', 'Host: a\r\nHost: b\r\n'],
    ['twice the same', 'Host: a\r\nhost: a\r\n'],
    ['with a user and a path', 'Host: a@b/c?d\r\n'],
    ['with a path', 'Host: a/b\r\n'],
    ['of two', 'Host: a, b\r\n'],
    ['empty', 'Host:\r\n'],
    ['with a space', 'Host: a b\r\n'],
    ['with a port that is none', 'Host: a:x\r\n'],
    ['outside ASCII', 'Host: \xe9\r\n'],
  ])('%s: 400', (_what, lines) => refusedAtEveryCut(get(lines), 400));
});

describe('a target in absolute form', () => {
  it('its authority becomes the Host', () =>
    atEveryCut(get('Host: evil\r\n', 'http://good:80/a?b'), [200], ({ reached }) => {
      expect(reached).toMatchObject([
        { url: '/a?b', headers: { host: 'good:80', 'x-forwarded-host': 'good:80' } },
      ]);
    }));
  it.each(['http://a@b/', 'http:///a', 'ftp://a/', 'a:80', '*', 'http://a b/'])(
    '%s: 400',
    (target) => refusedAtEveryCut(get('Host: a\r\n', target), 400),
  );
});

describe('a target that is not a plain path', () => {
  it.each([
    ['a fragment', '/a#b'],
    ['bytes outside ASCII', '/\xe9'],
    ['a control character', '/a\x01'],
  ])('%s: 400', (_what, target) => refusedAtEveryCut(get('Host: a\r\n', target), 400));
  it.each(['//evil', '/a//b', '/%zz', '/a\\b', '/{a}|"b"', '/a;b=c', '/?a=http://b//c', '/%00'])(
    '%s: forwarded byte for byte',
    (target) =>
      atEveryCut(get('Host: a\r\n', target), [200], ({ reached }) => {
        expect(reached).toMatchObject([{ url: target }]);
      }),
  );
});

const underV1 = async (): Promise<{ decide: Decide; reached: unknown[] }> => {
  const { there, reached } = await recording();
  return {
    reached,
    decide: ({ target }) => {
      const rest = /^\/v1(?<rest>\/.*)?$/.exec(target)?.groups;
      if (rest === undefined) return { type: 'answer', problem: NO_UPSTREAM };
      return forwardBy(() => there, rest['rest'] ?? '/', '/v1');
    },
  };
};

describe('a path that escapes its prefix', () => {
  it.each([
    '/v1/../v2',
    '/v1/..',
    '/v1/%2e%2e/v2',
    '/v1/.%2E/v2',
    '/v1/a/../../v2',
    '/v1/..%2fv2',
    '/v1/%2e%2e%5cv2',
    '/v1/..\\v2',
    '/v1//../v2',
    '/v1/./../v2',
    '/v1/..;x/v2',
    '/v1/..%3bx/v2',
  ])('%s: 400', async (target) => {
    const { decide, reached } = await underV1();
    await atEveryCut(get('Host: a\r\n', target), [400], () => expect(reached).toEqual([]), {
      decide,
    });
  });
  it('that is left on it: 400', async () => {
    const { there, reached } = await recording();
    const decide: Decide = ({ target }) => ({
      ...forwardBy(() => there, target, '/v1'),
      isStripped: false,
    });
    await atEveryCut(get('Host: a\r\n', '/v1/../v2'), [400], () => expect(reached).toEqual([]), {
      decide,
    });
  });
  it.each([
    ['/v1/a/../b', '/a/../b'],
    ['/v1/a/%2e%2e/b', '/a/%2e%2e/b'],
    ['/v1/..a', '/..a'],
    ['/v1/a?../..', '/a?../..'],
  ])('%s: forwarded byte for byte', async (path, url) => {
    const { decide, reached } = await underV1();
    const check = (): void => expect(reached.at(-1)).toMatchObject({ url });
    await atEveryCut(get('Host: a\r\n', path), [200], check, { decide });
  });
});

describe('fields that a client names in Connection', () => {
  it('are removed from what it sent; ours arrive, and Host', () =>
    atEveryCut(
      get(
        'Host: a\r\nConnection: X-Forwarded-For, X-Mine, Host, Via, close\r\nX-Mine: 1\r\nX-Forwarded-For: 1.1.1.1\r\n',
      ),
      [200],
      ({ reached }) => {
        expect(reached).toMatchObject([
          { headers: { host: 'a', 'x-forwarded-for': '127.0.0.1', via: '1.1 gateway' } },
        ]);
        expect(reached[0]?.headers).not.toHaveProperty('x-mine');
      },
    ));
});

describe('fields by which a client says where it comes from', () => {
  it('are dropped, under any alias', () =>
    atEveryCut(
      get(
        'Host: a\r\nX-Forwarded-For: 6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\nX-Forwarded_Host: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nX-Request-Id: 6.6.6.6\r\nx_real_ip: 6.6.6.6\r\nX-FORWARDED-PREFIX: 6.6.6.6\r\nCookie: a_b=c\r\n',
      ),
      [200],
      ({ reached }) => {
        expect(JSON.stringify(reached)).not.toContain('6.6.6.6');
        expect(reached).toMatchObject([{ headers: { cookie: 'a_b=c' } }]);
      },
    ));
});

describe('a head that is too large', () => {
  it('over 100 fields: 431', () =>
    refusedAtEveryCut(get(`Host: a\r\n${'a:\r\n'.repeat(100)}`), 431));
  it('100 fields: forwarded', () => atEveryCut(get(`Host: a\r\n${'a:\r\n'.repeat(99)}`), [200]));

  const limits = { headBytes: 200 };
  it('over the limit in bytes: 431', () =>
    atEveryCut(get(`Host: a\r\nX: ${'x'.repeat(200)}\r\n`), [431], undefined, { limits }));
  it('in small fields, without end: 431', () =>
    atEveryCut(`GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(40)}`, [431], undefined, { limits }));
  it('a target alone: 414', () =>
    atEveryCut(get('Host: a\r\n', `/${'x'.repeat(200)}`), [414], undefined, { limits }));
});

describe('an unknown expectation', () => {
  it('417', () => refusedAtEveryCut(get('Host: a\r\nExpect: 200-ok\r\n'), 417));
  it('417 with a body in chunks', () =>
    refusedAtEveryCut(
      'POST /a HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      417,
    ));
});
