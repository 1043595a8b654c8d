import { describe, expect, it } from 'vitest';
import type { Decide } from '../../src/proxy.ts';
import { forwardBy, NO_UPSTREAM } from '../decisions.ts';
import { client, send, serverSending, start, to, upstream } from '../harness.ts';
import { atEveryCut, refusedAtEveryCut, speaking } from './vectors.ts';

const POST = 'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
const TRAILED = `${POST}3\r\nabc\r\n0\r\nX: /SMUG HTTP/1.1\r\nY: z\r\n\r\n`;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('trailers that look like a request to an upstream that does not read them', () => {
  it('are dropped', () =>
    atEveryCut(TRAILED, [200], ({ reached }) => {
      expect(reached.map(({ body, trailers }) => ({ body, trailers }))).toEqual([
        { body: 'abc', trailers: {} },
      ]);
    }));
  it('pass on a route that asks for them, and its connection is not used again', async () => {
    let got = '';
    const there = await speaking(() => [OK]);
    const decide: Decide = ({ target }) => ({
      ...forwardBy(() => there, target),
      passesTrailers: true,
    });
    const { port } = await start(decide);
    const { write, heard } = client(port);
    write(TRAILED);
    got = await heard(/ok$/);
    write(TRAILED);
    got = await heard(/ok[^]*ok$/);
    expect(got.match(/ 200 /g)).toHaveLength(2);
    expect(there.connections()).toBe(2);
  });
});

describe('a field Proxy, which CGI programs take for their own proxy', () => {
  it('is dropped', () =>
    atEveryCut(
      'GET /a HTTP/1.1\r\nHost: a\r\nProxy: http://evil\r\npROXY: x\r\nX-Proxy: y\r\n\r\n',
      [200],
      ({ reached }) => {
        expect(reached[0]?.headers).not.toHaveProperty('proxy');
        expect(reached).toMatchObject([{ headers: { 'x-proxy': 'y' } }]);
      },
    ));
});

describe('a client that pipelines requests which the proxy answers itself', () => {
  it('lets others have their turn', async () => {
    let decided = 0;
    let most = 0;
    const { port } = await start(() => {
      decided++;
      return { type: 'answer', problem: NO_UPSTREAM };
    });
    const endTurn = (): void => {
      most = Math.max(most, decided);
      decided = 0;
      watching = setImmediate(endTurn);
    };
    let watching = setImmediate(endTurn);
    const { write, all } = client(port);
    write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(200));
    write('GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect((await all).match(/HTTP\/1\.1 503/g)).toHaveLength(201);
    clearImmediate(watching);
    expect(most).toBeLessThan(50);
  });
});

describe('what senders of HTTP/1.1 write that is not common', () => {
  it('a tab behind a value is blank, in requests', () =>
    atEveryCut(
      'POST /a HTTP/1.1\r\nHost: localhost\t\r\nContent-Length: 3 \t\r\n\r\nabc',
      [200],
      ({ reached }) => {
        expect(reached).toMatchObject([{ body: 'abc', headers: { host: 'localhost' } }]);
      },
    ));
  it('and so are a tab and a space', () =>
    atEveryCut(
      'POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\t \r\n\r\nabc',
      [200],
      ({ reached }) => {
        expect(reached).toMatchObject([{ body: 'abc' }]);
      },
    ));
  it('and in responses', async () => {
    const there = await serverSending('HTTP/1.1 200 OK\r\nContent-Length: 2\t\r\n\r\nok');
    const { port } = await start(to(there));
    expect((await send(port)).body).toBe('ok');
  });
  it('a response may have as many fields as fit into a head', async () => {
    const there = await upstream((_request, response) => {
      const cookies = Array.from({ length: 150 }, (_, index) => `c${index}=1`);
      response.setHeader('set-cookie', cookies).end('ok');
    });
    const { port } = await start(to(there));
    expect((await send(port)).headers['set-cookie']).toHaveLength(150);
  });
  it('a 426 says what to upgrade to', async () => {
    const there = await upstream((_request, response) => {
      response.writeHead(426, { upgrade: 'websocket', connection: 'upgrade' }).end();
    });
    const { port } = await start(to(there));
    const { status, headers } = await send(port);
    expect({ status, upgrade: headers.upgrade }).toEqual({ status: 426, upgrade: 'websocket' });
    expect(headers.connection).toContain('upgrade');
  });
  it('an upstream that speaks HTTP/2 only is said to', async () => {
    const settings = '\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64';
    const { port } = await start(to(await serverSending(settings)));
    const { status, body } = await send(port);
    expect(status).toBe(502);
    expect(body).toContain('speaks HTTP/2 only');
  });
});

const ask = (method: string, hops: string): string =>
  `${method} /a?key=secret HTTP/1.1\r\nHost: a\r\nCookie: secret\r\nX-API-Key: secret\r\nAuthorization: secret\r\nX-Token: secret\r\nMax-Forwards: ${hops}\r\n\r\n`;

describe('a TRACE or OPTIONS with Max-Forwards', () => {
  it.each([
    ['TRACE', /message\/http[^]*TRACE \/a HTTP\/1\.1/],
    ['OPTIONS', /allow: [^]*GET/],
  ])('%s of 0 ends here', (method, wanted) =>
    atEveryCut(ask(method, '0'), [200], ({ heard, reached }) => {
      expect(heard).toMatch(wanted);
      expect(heard).not.toContain('secret');
      expect(reached).toEqual([]);
    }),
  );
  it.each([
    ['OPTIONS', '5', '4'],
    ['GET', '0', '0'],
  ])('%s of %s is forwarded with %s', (method, hops, wanted) =>
    atEveryCut(ask(method, hops), [200], ({ reached }) => {
      expect(reached).toMatchObject([{ headers: { 'max-forwards': wanted } }]);
    }),
  );
});

it.each(['', 'Max-Forwards: 0\r\n'])(
  'OPTIONS of all resources is refused, as by nginx and Envoy: %j',
  (more) => refusedAtEveryCut(`OPTIONS * HTTP/1.1\r\nHost: a\r\n${more}\r\n`, 400),
);
