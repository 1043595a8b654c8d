import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPlainRequest } from '../../src/server/plain-request.ts';

const post = (...fields: string[]): string =>
  ['POST /a?b=c HTTP/1.1', 'Host: h', ...fields, '', 'body'].join('\r\n');
const read = (text: string, at = 0) => readPlainRequest(Buffer.from(text, 'latin1'), at);

describe('a plain request', () => {
  it('is read with its body', () => {
    const text = post('Content-Type: text/plain', 'content-length:  4 ', 'Connection: Keep-Alive');
    expect(read(text)).toEqual({
      method: 'POST',
      target: '/a?b=c',
      body: Buffer.from('body'),
      end: text.length,
    });
  });

  it.each(['GET', 'POST'])('may be a %s without body', (method) => {
    const text = `${method} / HTTP/1.1\r\nHost: h\r\n\r\n`;
    expect(read(text)).toMatchObject({ method, body: Buffer.alloc(0), end: text.length });
  });

  it('is read from the end of the last one', () => {
    const first = read(`${post('Content-Length: 4')}GET /next HTTP/1.1\r\nHost: h\r\n\r\n`);
    const text = `${post('Content-Length: 4')}GET /next HTTP/1.1\r\nHost: h\r\n\r\n`;
    expect(read(text, first?.end)).toMatchObject({ target: '/next', end: text.length });
  });

  it('may ask for a WebSocket', () => {
    const fields = ['Connection: keep-alive, Upgrade', 'Upgrade: WebSocket', 'Origin: http://a'];
    const head = ['GET /app/k?protocol=7 HTTP/1.1', 'Host: h', ...fields, '\r\n'].join('\r\n');
    const request = read(`${head}frames`);
    if (request === undefined || !('upgrade' in request)) throw new Error('not an upgrade');
    expect(request.end).toBe(head.length);
    expect(request.upgrade.target).toBe('/app/k?protocol=7');
    expect(request.upgrade.field('origin')).toBe('http://a');
  });

  it('has a head of 4 KiB at most', () => {
    const around = 'GET / HTTP/1.1\r\nHost: h\r\nX: \r\n\r\n'.length;
    const padded = (length: number) =>
      `GET / HTTP/1.1\r\nHost: h\r\nX: ${'x'.repeat(length - around)}\r\n\r\n`;
    expect(read(padded(4_100))).toBeDefined();
    expect(read(padded(4_101))).toBeUndefined();
  });
});

describe('no plain request is', () => {
  it.each([
    ['a head that is not all there', 'GET / HTTP/1.1\r\nHost: h\r\n'],
    ['a body that is not all there', post('Content-Length: 5')],
    ['another method', 'PUT / HTTP/1.1\r\nHost: h\r\n\r\n'],
    ['another version', 'GET / HTTP/1.0\r\nHost: h\r\n\r\n'],
    ['an absolute target', 'GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n'],
    ['no Host', 'GET / HTTP/1.1\r\nX: y\r\n\r\n'],
    ['no field', 'GET / HTTP/1.1\r\n\r\n'],
    ['two Hosts', post('host: h', 'Content-Length: 4')],
    ['two lengths', post('Content-Length: 4', 'content-length: 4')],
    ['a length that is no number', post('Content-Length: +4')],
    ['no length at all', post('Content-Length:')],
    ['a GET with a body', post('Content-Length: 4').replace('POST', 'GET')],
    ['a chunked body', post('Transfer-Encoding: chunked')],
    ['an expectation', post('Content-Length: 4', 'Expect: 100-continue')],
    ['a connection that is to be closed', post('Content-Length: 4', 'Connection: close')],
    ['a request of a browser', post('Content-Length: 4', 'Origin: http://a')],
    ['a space before a colon', post('Content-Length : 4')],
    ['a folded line', post('X: a', ' b', 'Content-Length: 4')],
    ['a lone LF', post('X: a\nContent-Length: 4')],
    ['a control character', post('X: \0', 'Content-Length: 4')],
  ])('%s', (_name, text) => {
    expect(read(text)).toBeUndefined();
  });
});

it('node:http reads plain requests in the same way', async () => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('latin1');
      response.end(JSON.stringify({ method: request.method, target: request.url, body }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const reference = async (text: string): Promise<unknown> => {
    const socket = connect(port, '127.0.0.1').end(text, 'latin1');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    await once(socket, 'close');
    return JSON.parse(/\r\n\r\n(.*)$/s.exec(answer)?.[1] ?? 'null');
  };
  const field = fc.oneof(
    fc.constantFrom('Content-Length: 4', 'content-length:4', 'Content-Length: 0', 'X-Y: z', 'A:'),
    fc.string({
      unit: fc.constantFrom('a', 'é', ':', ' ', '-', '_', '\r', '\n', '\t', ','),
      maxLength: 8,
    }),
  );
  const text = fc
    .tuple(
      fc.constantFrom('GET', 'POST'),
      fc.constantFrom('/', '/a?b=%41', '/"{'),
      fc.uniqueArray(field, { maxLength: 4 }),
    )
    .map(([method, target, fields]) =>
      [`${method} ${target} HTTP/1.1`, 'Host: h', ...fields, '', 'body'].join('\r\n'),
    );
  let plain = 0;
  await fc.assert(
    fc.asyncProperty(text, async (request) => {
      const ours = read(request);
      if (ours === undefined || 'upgrade' in ours) return;
      plain += 1;
      const { method, target, body, end } = ours;
      // Without the bytes after the request, which node:http could refuse as another request.
      const theirs = await reference(request.slice(0, end));
      expect(theirs).toEqual({ method, target, body: body.toString('latin1') });
    }),
    { numRuns: 300 },
  );
  expect(plain, 'a tenth of them or more').toBeGreaterThan(30);
  server.close();
});
