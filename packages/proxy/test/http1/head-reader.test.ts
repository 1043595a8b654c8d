import { describe, expect, it } from 'vitest';
import { HeadReader } from '../../src/http1/head-reader.ts';
import { canBeginRequest, RequestParser } from '../../src/http1/request.ts';
import { ResponseParser } from '../../src/http1/response.ts';

const FIRST = 'GET /a HTTP/1.1\r\nHost: h\r\n\r\n';

function heads(pieces: readonly string[]): unknown[] {
  const reader = new HeadReader(1024, canBeginRequest, true);
  return pieces.map((piece) => {
    const read = reader.read(Buffer.from(piece, 'latin1'));
    return typeof read === 'string' ? read : [read.head, read.rest.toString('latin1')];
  });
}

describe('a head like the one before', () => {
  it('is read again, and what is behind it with it', () => {
    const head = FIRST.slice(0, -2);
    expect(heads([FIRST, FIRST, `${FIRST}body`, `${FIRST}${FIRST}`])).toEqual([
      [head, ''],
      [head, ''],
      [head, 'body'],
      [head, FIRST],
    ]);
  });

  it('is distinguished from one of the same length that differs in any one byte', () => {
    for (let at = 0; at < FIRST.length; at++) {
      const other = `${FIRST.slice(0, at)}~${FIRST.slice(at + 1)}`;
      const [alone] = heads([other]);
      expect(heads([FIRST, other])[1], `at ${at}`).toEqual(alone);
    }
  });

  it('is distinguished from one that ends earlier or later', () => {
    const shorter = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
    const longer = 'GET /a HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n';
    for (const other of [shorter, longer])
      expect(heads([FIRST, other])[1]).toEqual(heads([other])[0]);
  });

  it('may come in two pieces', () => {
    for (let at = 1; at < FIRST.length; at++) {
      const all = heads([FIRST, FIRST.slice(0, at), FIRST.slice(at)]);
      expect(all[2], `split at ${at}`).toEqual([FIRST.slice(0, -2), '']);
    }
  });
});

describe('a parser with a cache', () => {
  it('refuses again what it refused before', () => {
    const parser = new RequestParser();
    for (let times = 2; times > 0; times--) {
      expect(parser.parse('GET /a HTTP/1.1\r\nHost : h\r\n')).toMatchObject({ ok: false });
    }
    expect(parser.parse('GET /a HTTP/1.1\r\nHost: h\r\n')).toMatchObject({ ok: true, host: 'h' });
  });

  it('reads the same head differently for another method', () => {
    const parser = new ResponseParser();
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n';
    expect(parser.parse(head, 'GET')).toMatchObject({ length: 5 });
    expect(parser.parse(head, 'HEAD')).toMatchObject({ length: 0 });
    expect(parser.parse(head, 'GET')).toMatchObject({ length: 5 });
  });
});
