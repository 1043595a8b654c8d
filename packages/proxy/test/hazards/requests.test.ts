import { describe, expect, it } from 'vitest';
import { atEveryCut, refusedAtEveryCut } from './vectors.ts';

const POST = 'POST /a HTTP/1.1\r\nHost: a\r\n';
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n`;
/** What an attacker would have the instance take for a request of its own. */
const SMUGGLED = 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a length that can be read in two ways', () => {
  it.each([
    ['CL.TE', `${POST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`],
    ['TE.CL', `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${SMUGGLED}`],
    ['two lengths', `${POST}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`],
    ['the same length twice', `${POST}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`],
    ['a list', `${POST}Content-Length: 3, 3\r\n\r\nabc`],
    ['a sign', `${POST}Content-Length: +3\r\n\r\nabc`],
    ['hexadecimal', `${POST}Content-Length: 0x3\r\n\r\nabc`],
    ['nothing', `${POST}Content-Length:\r\n\r\n`],
    ['more than a number holds', `${POST}Content-Length: 99999999999999999999\r\n\r\nabc`],
    [
      'an empty coding beside a length',
      `${POST}Transfer-Encoding:\r\nContent-Length: 3\r\n\r\nabc`,
    ],
    [
      'chunked twice',
      `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a coding behind chunked', `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    ['a coding that is nearly chunked', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['a vertical tab', `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
  ])('%s: 400', (_what, bytes) => refusedAtEveryCut(bytes, 400));
});

describe('an unsupported transfer coding', () => {
  it('on HTTP/1.0: 400', () =>
    refusedAtEveryCut(
      'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ));
  it('gzip: 501', () =>
    refusedAtEveryCut(`${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501));
});

describe('a body with a method that usually has none', () => {
  it.each(['GET', 'DELETE', 'HEAD', 'OPTIONS'])('%s, chunked: forwarded as framed', (method) =>
    atEveryCut(
      `${method} /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n`,
      [200, 200],
      ({ reached }) => {
        expect(reached).toMatchObject([
          { method, url: '/a', body: 'abc', headers: { 'transfer-encoding': 'chunked' } },
          { method: 'GET', url: '/b', body: '' },
        ]);
      },
    ),
  );
  it('GET with a length: forwarded as framed', () =>
    atEveryCut(
      'GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc',
      [200],
      ({ reached }) => {
        expect(reached).toMatchObject([{ body: 'abc', headers: { 'content-length': '3' } }]);
      },
    ));
});

describe('lines that are not valid HTTP/1.1', () => {
  it.each([
    ['a line that continues another', `${POST}X-A: b\r\n c\r\n\r\n`],
    ['a first field that continues nothing', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n'],
    ['a bare LF', 'GET / HTTP/1.1\nHost: a\n\n'],
    ['a bare LF between fields', `${POST}X-A: b\nX-B: c\r\n\r\n`],
    ['a bare CR in a value', `${POST}X-A: b\rX-B: c\r\n\r\n`],
    ['NUL', `${POST}X-A: b\0c\r\n\r\n`],
    ['a space before the colon', `${POST}Content-Length : 3\r\n\r\nabc`],
    ['no colon', `${POST}X-A\r\n\r\n`],
    ['no name', `${POST}: b\r\n\r\n`],
    ['a name outside ASCII', `${POST}X-\xe9: b\r\n\r\n`],
    ['two spaces in the request line', 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['HTTP/0.9', 'GET /\r\n\r\n'],
    ['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n'],
    ['the preface of HTTP/2 with another ending', 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'],
    ['bytes of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\r\n\r\n'],
  ])('%s: 400', (_what, bytes) => refusedAtEveryCut(bytes, 400));
  it('an unknown method: 501', () =>
    refusedAtEveryCut('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 501));
  it('empty lines before a request are skipped', () => atEveryCut(`\r\n\r\n${SMUGGLED}`, [200]));
});

describe('chunks that are not valid HTTP/1.1', () => {
  it.each([
    ['a LF in an extension', `${CHUNKED}\r\n3;a\nb\r\nabc\r\n0\r\n\r\n`],
    ['a line that ends with LF alone', `${CHUNKED}\r\n3\nabc\r\n0\r\n\r\n`],
    ['a blank within the size', `${CHUNKED}\r\n0 3\r\nabc\r\n0\r\n\r\n`],
    ['a size no number holds', `${CHUNKED}\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n`],
    ['a sign', `${CHUNKED}\r\n+3\r\nabc\r\n0\r\n\r\n`],
    ['0x', `${CHUNKED}\r\n0x3\r\nabc\r\n0\r\n\r\n`],
    ['no size', `${CHUNKED}\r\n\r\nabc\r\n0\r\n\r\n`],
    ['more bytes than it says', `${CHUNKED}\r\n3\r\nabcd\r\n0\r\n\r\n`],
    ['a trailer that is no field', `${CHUNKED}\r\n3\r\nabc\r\n0\r\nX A: b\r\n\r\n`],
    ['a trailer that continues a line', `${CHUNKED}\r\n0\r\nX-A: b\r\n c\r\n\r\n`],
    ['a trailer that frames', `${CHUNKED}\r\n0\r\nContent-Length: 4\r\n\r\n`],
    ['an extension without end', `${CHUNKED}\r\n3;${'x'.repeat(300)}`],
  ])('%s: 400', (_what, bytes) => refusedAtEveryCut(bytes, 400));

  it.each(['3 ;a=b', '3;a = b', '3   ', '3\t', '0000000000000003', '3 ; a ; b="c"\t'])(
    'a size with blanks or zeros is a size: %j',
    (size) =>
      atEveryCut(`${CHUNKED}\r\n${size}\r\nabc\r\n0\r\n\r\n`, [200], ({ reached }) => {
        expect(reached).toMatchObject([{ body: 'abc' }]);
      }),
  );

  it('extensions are dropped, and trailers too', () =>
    atEveryCut(
      `${CHUNKED}Trailer: X-Sum\r\n\r\n3;a="b;c"\r\nabc\r\n3\r\ndef\r\n0;last\r\nX-Sum: 1\r\nCookie: x\r\nX_Forwarded_For: 1.1.1.1\r\n\r\n`,
      [200],
      ({ reached }) => {
        expect(reached).toMatchObject([{ body: 'abcdef' }]);
        expect(reached[0]?.trailers).toEqual({});
      },
    ));
});

describe('requests one behind the other', () => {
  it('are answered in order, and each is a request of its own', () =>
    atEveryCut(
      `${POST}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}GET /b HTTP/1.1\r\nHost: a\r\n\r\n`,
      [200, 200],
      ({ reached }) => expect(reached.map(({ url }) => url)).toEqual(['/a', '/b']),
    ));
  it('end with the one that announces the close', () =>
    atEveryCut(
      `GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n${SMUGGLED}`,
      [200],
      ({ reached }) => expect(reached.map(({ url }) => url)).toEqual(['/a']),
    ));
});
