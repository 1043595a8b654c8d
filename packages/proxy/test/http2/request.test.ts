import { describe, expect, it } from 'vitest';
import { parseRequest, withLength } from '../../src/http2/request.ts';
import { Underscores } from '../../src/http1/underscores.ts';
import type { Pairs } from '../http2-client.ts';
import { GET, POST } from '../http2-client.ts';

function parse(fields: Pairs, endsStream = true) {
  return parseRequest(
    fields.map(([name, value]) => ({ name, value })),
    { endsStream, underscores: new Underscores(false), webSocketKey: () => 'KEY' },
  );
}

function without(name: string): Pairs {
  return GET.filter(([each]) => each !== name);
}

describe('a request of HTTP/2 as HTTP/1.1', () => {
  it.each<[string, Pairs, boolean, object]>([
    [
      'has its authority as Host, first',
      [...GET, ['accept', '*/*']],
      true,
      {
        method: 'GET',
        target: '/',
        host: 'a.example',
        version: '2',
        length: 0,
        fields: 'Host: a.example\r\naccept: */*\r\n',
      },
    ],
    [
      'may have a Host instead',
      [...without(':authority'), ['host', 'b']],
      true,
      { host: 'b', fields: 'Host: b\r\n' },
    ],
    [
      'may have a Host beside it, if they are the same',
      [...GET, ['host', 'A.example']],
      true,
      { fields: 'Host: a.example\r\n' },
    ],
    [
      'has one Cookie',
      [...GET, ['cookie', 'a=1'], ['x', 'y'], ['cookie', 'b=2']],
      true,
      { fields: 'Host: a.example\r\nx: y\r\ncookie: a=1; b=2\r\n' },
    ],
    ['has the length that it declares', [...POST, ['content-length', '3']], false, { length: 3 }],
    ['has an unknown length otherwise', POST, false, { length: -1 }],
    [
      'says that a body is empty where one is expected',
      POST,
      true,
      { length: 0, fields: 'Host: a.example\r\ncontent-length: 0\r\n' },
    ],
    [
      'may take trailers',
      [...GET, ['te', 'trailers']],
      true,
      { takesTrailers: true, fields: 'Host: a.example\r\n' },
    ],
    ['may wait for a 100', [...POST, ['expect', '100-continue']], false, { expectsContinue: true }],
    [
      'says not where it comes from',
      [...GET, ['x-forwarded-for', '1.2.3.4'], ['proxy', 'evil'], ['x_a', 'b']],
      true,
      { fields: 'Host: a.example\r\n', forwardedFields: 'x-forwarded-for: 1.2.3.4\r\n' },
    ],
    [
      'is a WebSocket by extended CONNECT',
      [
        [':method', 'CONNECT'],
        [':protocol', 'websocket'],
        ...GET.slice(1),
        ['sec-websocket-key', 'x'],
      ],
      false,
      {
        method: 'GET',
        upgrades: true,
        length: 0,
        fields: 'Host: a.example\r\nsec-websocket-key: KEY\r\n',
      },
    ],
    [
      'counts the hops of OPTIONS',
      [[':method', 'OPTIONS'], ...GET.slice(1), ['max-forwards', '3']],
      true,
      { maxForwards: 3, fields: 'Host: a.example\r\nMax-Forwards: 2\r\n' },
    ],
  ])('%s', (_what, fields, endsStream, expected) => {
    expect(parse(fields, endsStream)).toMatchObject({ ok: true, ...expected });
  });
});

/** A request with these fields more. */
function and(...fields: Pairs): Pairs {
  return [...GET, ...fields];
}

/** A request with another value of this field. */
function set(name: string, value: string): Pairs {
  return GET.map(([each, was]) => [each, each === name ? value : was]);
}

describe('a request of HTTP/2 is refused', () => {
  it.each<[string, Pairs, number]>([
    ['without a method', without(':method'), 400],
    ['without a scheme', without(':scheme'), 400],
    ['without a path', without(':path'), 400],
    ['without a host', without(':authority'), 400],
    ['with two hosts', and(['host', 'a.example'], ['host', 'a.example']), 400],
    ['with two hosts that differ', and(['host', 'b.example']), 400],
    ['with a user in its authority', set(':authority', 'evil@a.example'), 400],
    ['with a blank in its authority', set(':authority', 'a b'), 400],
    ['with another scheme', set(':scheme', 'ftp'), 400],
    ['with a method in lower case', set(':method', 'get'), 400],
    ['with a method that smuggles', set(':method', 'GET / HTTP/1.1\r\nX:'), 400],
    ['with a blank in its method', set(':method', 'GET /admin'), 400],
    ['with a path that smuggles', set(':path', '/ HTTP/1.1\r\nHost: b\r\n\r\nGET /'), 400],
    ['with a blank in its path', set(':path', '/a b'), 400],
    ['with a fragment', set(':path', '/a#b'), 400],
    ['with a path that is a URL', set(':path', 'http://b/'), 400],
    ['with a path that is empty', set(':path', ''), 400],
    ['with bytes outside ASCII in its path', set(':path', '/\xe9'), 400],
    ['with CRLF in a value', and(['x', 'a\r\nTransfer-Encoding: chunked']), 400],
    ['with LF in a value', and(['x', 'a\nb: c']), 400],
    ['with CR in a value', and(['x', 'a\rb']), 400],
    ['with NUL in a value', and(['x', 'a\0b']), 400],
    ['with blanks around a value', and(['x', ' a']), 400],
    ['with a tab behind a value', and(['content-length', '0\t']), 400],
    ['with a name in upper case', and(['Accept', 'a']), 400],
    ['with a colon in a name', and(['a:b', 'c']), 400],
    ['with CRLF in a name', and(['a\r\nb', 'c']), 400],
    ['with a blank in a name', and(['transfer-encoding ', 'chunked']), 400],
    ['with an empty name', and(['', 'c']), 400],
    ['with CRLF in a cookie', and(['cookie', 'a\r\nx: y']), 400],
    ['with Connection', and(['connection', 'close']), 400],
    ['with Keep-Alive', and(['keep-alive', '5']), 400],
    ['with Proxy-Connection', and(['proxy-connection', 'close']), 400],
    ['with Transfer-Encoding', and(['transfer-encoding', 'chunked']), 400],
    ['with Upgrade', and(['upgrade', 'h2c']), 400],
    ['with TE beyond trailers', and(['te', 'trailers, gzip']), 400],
    ['with two lengths', and(['content-length', '1'], ['content-length', '1']), 400],
    ['with a length that is no number', and(['content-length', '+1']), 400],
    ['with a length and no body', and(['content-length', '1']), 400],
    ['with an unknown pseudo field', [[':smuggled', 'x'], ...GET], 400],
    ['with a pseudo field twice', [...GET, [':path', '/b']], 400],
    ['with a pseudo field behind another', [...GET.slice(1), ['x', 'y'], [':method', 'GET']], 400],
    ['with a status', [...GET, [':status', '200']], 400],
    ['with a protocol and no CONNECT', [...GET, [':protocol', 'websocket']], 400],
    ['with an unknown method', set(':method', 'BREW'), 501],
    [
      'that is a CONNECT',
      [
        [':method', 'CONNECT'],
        [':authority', 'a:1'],
      ],
      501,
    ],
    [
      'that is a CONNECT of another protocol',
      [[':method', 'CONNECT'], [':protocol', 'connect-udp'], ...GET.slice(1)],
      501,
    ],
    ['with an unknown expectation', and(['expect', 'more']), 417],
    [
      'with more than 100 fields',
      and(...Array.from({ length: 101 }, (): readonly [string, string] => ['x', 'y'])),
      431,
    ],
  ])('%s', (_what, fields, status) => {
    expect(parse(fields)).toMatchObject({ ok: false, problem: { status } });
  });
});

/** A request, once so much of its body has come. */
function known(fields: Pairs, length: number) {
  const parsed = parse(fields, false);
  if (!parsed.ok) throw new Error(parsed.problem.detail);
  return withLength(parsed, length);
}

describe('a request of HTTP/2 whose body has come whole', () => {
  it.each<[string, Pairs, number, object]>([
    ['has its length', POST, 5, { length: 5, fields: 'Host: a.example\r\ncontent-length: 5\r\n' }],
    ['says that it is empty', POST, 0, { fields: 'Host: a.example\r\ncontent-length: 0\r\n' }],
    ['says nothing of an empty one of GET', GET, 0, { length: 0, fields: 'Host: a.example\r\n' }],
    [
      'keeps the length that it declares',
      [...POST, ['content-length', '3']],
      3,
      { length: 3, fields: 'Host: a.example\r\ncontent-length: 3\r\n' },
    ],
  ])('%s', (_what, fields, length, expected) => {
    expect(known(fields, length)).toMatchObject(expected);
  });
});
