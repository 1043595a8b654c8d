import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveApp } from '../src/serve-app.ts';
import type { ServedApp } from '../src/serve-app.ts';
import { ONE } from '../../../test/support/certificates.ts';
import { access, setup } from './admin/setup.ts';

let admin: ServedApp;
beforeEach(async () => {
  const { app, say } = setup();
  say('register', 'a');
  say('register', 'b', { prefix: '/a b' });
  admin = await serveApp({ app, host: '127.0.0.1', port: 0, setting: '--admin-port' });
});
afterEach(() => admin.close());

/** The answer to one request, byte by byte. */
async function send(head: string): Promise<string> {
  const socket = connect(admin.port, '127.0.0.1');
  socket.end(`${head}\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

const get = (target: string, host = 'localhost') => send(`GET ${target} HTTP/1.1\r\nHost: ${host}`);

describe('the admin port', () => {
  it('returns an explanation as JSON', async () => {
    const answer = await get('/api/explain?path=%2Fv1%2Fa%2520b%3Fq%3D1%26r');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toMatch(/content-type: application\/json/i);
    expect(answer).toContain('"path":"/v1/a%20b?q=1&r"');
    expect(answer).toContain('"prefix":"/v1"');
  });

  it.each([
    '127.0.0.1',
    '127.0.0.1:1501',
    'localhost',
    'LOCALHOST:80',
    '[::1]',
    '[::1]:1501',
    '127.1.2.3:9',
    'app.localhost',
    'a.b.localhost:1501',
  ])('answers requests with the loopback host %s', async (host) => {
    expect(await get('/api/explain?path=/v1', host)).toMatch(/^HTTP\/1\.1 200 /);
  });

  // A page whose name was made to resolve to loopback sends that name.
  it.each([
    'evil.example',
    'evil.example:1501',
    'localhost.evil.example',
    'evillocalhost',
    '.localhost',
    'localhost.',
    '127.0.0.1.evil.example:1501',
    '10.0.0.1',
    '0.0.0.0',
    '[::]',
    '2130706433',
    '0x7f.1',
    // RFC 9112 §3.2: what is no authority is a bad request.
    'localhost:1501.evil.example',
    'evil.example:localhost',
    '',
  ])('does not answer requests with the host %j', async (host) => {
    for (const target of ['/api/explain?path=/v1', '/', '/health']) {
      const answer = await get(target, host);
      expect(answer).toMatch(/^HTTP\/1\.1 4(?:00|21) /);
      expect(answer).not.toContain('/v1');
    }
  });

  it('does not answer requests without Host', async () => {
    expect(await send('GET /api/explain?path=/v1 HTTP/1.0')).toMatch(/ 400 /);
    expect(await send('GET /api/explain?path=/v1 HTTP/1.1')).toMatch(/ 400 /);
  });

  it('accepts a target in absolute form, and uses Host', async () => {
    const line = 'GET http://localhost/api/explain?path=/v1 HTTP/1.1';
    expect(await send(`${line}\r\nHost: localhost`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await send(`${line}\r\nHost: evil.example`)).toMatch(/^HTTP\/1\.1 421 /);
  });

  it.each([
    ['GET /explain?path=/v1', 404],
    ['GET /api', 404],
    ['GET /api/explain', 400],
    ['GET /api/explain/?path=/v1', 404],
    ['GET /api/instances?prefix=v1', 400],
    ['POST /api/explain?path=/v1', 403],
    ['GET /api/instances/a/drain', 405],
    ['OPTIONS /api/explain?path=/v1', 405],
    ['PROPFIND /api/explain?path=/v1', 403],
  ])('answers %s with %i, as a problem', async (line, status) => {
    // Without a token, as there is none to send.
    const { app } = setup({ access: access() });
    admin.close();
    admin = await serveApp({ app, host: '127.0.0.1', port: 0, setting: '--admin-port' });
    const answer = await send(`${line} HTTP/1.1\r\nHost: localhost`);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/content-type: application\/problem\+json/i);
    expect(answer).toContain(`"status":${status}`);
    if (status === 405) expect(answer).toMatch(/allow: (?:GET, HEAD|POST)\r\n/i);
  });

  it('answers HEAD like GET, without a body', async () => {
    const answer = await send('HEAD /api/explain?path=/v1 HTTP/1.1\r\nHost: localhost');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toMatch(/\r\n\r\n$/);
  });

  it('cannot be read or embedded by pages of other origins', async () => {
    const answer = await send(
      'GET /api/explain?path=/v1 HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example',
    );
    expect(answer).not.toMatch(/access-control/i);
    expect(answer).toMatch(/cross-origin-resource-policy: same-origin/i);
    expect(answer).toMatch(/content-security-policy: default-src 'none'.*frame-ancestors 'none'/i);
    expect(answer).toMatch(/cache-control: no-store/i);
  });

  it('names a port in use, and the setting that chooses another', async () => {
    await expect(
      serveApp({ app: setup().app, host: '127.0.0.1', port: admin.port, setting: '--admin-port' }),
    ).rejects.toMatchObject({
      code: 'ROLLCALL_PORT_TAKEN',
      message: expect.stringMatching(new RegExp(`port ${admin.port} .*--admin-port`)) as string,
    });
  });

  it('removes listeners that disconnect', async () => {
    for (let count = 0; count < 100; count++) {
      const socket = connect(admin.port, '127.0.0.1');
      socket.write('GET /api/changes HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await once(socket, 'data');
      socket.destroy();
    }
    await expect
      .poll(async () => {
        const answer = await fetch(`http://127.0.0.1:${admin.port}/api/changes`);
        await answer.body?.cancel();
        return answer.status;
      })
      .toBe(200);
  });

  it('closes at once, even with listeners connected', async () => {
    for (const target of ['/api/status', '/api/changes']) {
      const { app } = setup();
      const each = await serveApp({ app, host: '127.0.0.1', port: 0, setting: '--admin-port' });
      const socket = connect(each.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await once(socket, 'data');
      const closed = once(socket, 'close');
      each.close();
      await closed;
    }
  });
});

describe('a connection that holds a place', () => {
  const at = { host: '127.0.0.1', port: 0, setting: '--admin-port', maxRequestMs: 200 };
  const certificate = { cert: String(ONE.cert), key: String(ONE.key) };
  const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf';

  it.each([
    ['half a body', {}, head],
    ['no TLS handshake', { certificate }, ''],
  ])('is closed with %s', async (_what, tls, sent) => {
    const app = new Hono().post('/', async (c) => c.text(await c.req.text()));
    app.onError((_, c) => c.text('it has ended'));
    const served = await serveApp({ app, ...at, ...tls });
    const socket = connect(served.port, '127.0.0.1').resume();
    socket.on('error', () => {});
    socket.write(sent);
    await once(socket, 'close');
    served.close();
  });
});
