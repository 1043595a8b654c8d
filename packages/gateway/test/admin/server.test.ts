import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAdmin } from '../../src/admin/server.ts';
import type { Admin } from '../../src/admin/server.ts';

let admin: Admin;
let asked: string[];
beforeEach(async () => {
  asked = [];
  const explain = (path: string) => {
    asked.push(path);
    return { path, verdict: 'v', instances: [], gone: [], link: [], refused: [] };
  };
  admin = await createAdmin({ explain }, '127.0.0.1', 0);
});
afterEach(() => admin.close());

/** The answer to one request, byte by byte. */
async function send(head: string): Promise<string> {
  const socket = connect(admin.port, '127.0.0.1');
  socket.end(`${head}\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

const get = (target: string, host = 'localhost') => send(`GET ${target} HTTP/1.1\r\nHost: ${host}`);

describe('the admin API', () => {
  it('explains the path that it is asked for, as JSON', async () => {
    const answer = await get('/explain?path=%2Fv1%2Fa%20b%3Fq%3D1%26r');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toMatch(/content-type: application\/json/i);
    expect(asked).toEqual(['/v1/a b?q=1&r']);
    expect(answer).toContain('"verdict":"v"');
  });

  it.each([
    '127.0.0.1',
    '127.0.0.1:1501',
    'localhost',
    'LOCALHOST:80',
    '[::1]',
    '[::1]:1501',
    '127.1.2.3:9',
  ])('answers by the name %s of loopback', async (host) => {
    expect(await get('/explain?path=/v1', host)).toMatch(/^HTTP\/1\.1 200 /);
  });

  // A page whose name was made to resolve to loopback sends that name.
  it.each([
    'evil.example',
    'evil.example:1501',
    'localhost.evil.example',
    '127.0.0.1.evil.example:1501',
    'localhost:1501.evil.example',
    'evil.example:localhost',
    '10.0.0.1',
    '0.0.0.0',
    '[::]',
    '2130706433',
    '0x7f.1',
    '',
  ])('does not answer by the name %j', async (host) => {
    expect(await get('/explain?path=/v1', host)).toMatch(/^HTTP\/1\.1 404 /);
    expect(asked).toEqual([]);
  });

  it('does not answer who names no host', async () => {
    expect(await send('GET /explain?path=/v1 HTTP/1.0')).toMatch(/ 404 /);
    expect(await send('GET /explain?path=/v1 HTTP/1.1')).toMatch(/ 400 /);
    expect(asked).toEqual([]);
  });

  it.each([
    'GET / HTTP/1.1',
    'GET /explain HTTP/1.1',
    'GET /explain?path=%zz HTTP/1.1',
    'GET /explain?path=%ff HTTP/1.1',
    'GET /explain?path=/v1&x=1 HTTP/1.1',
    'GET /explain/?path=/v1 HTTP/1.1',
    'GET http://localhost/explain?path=/v1 HTTP/1.1',
    'POST /explain?path=/v1 HTTP/1.1',
    'OPTIONS /explain?path=/v1 HTTP/1.1',
  ])('knows no %s', async (line) => {
    expect(await send(`${line}\r\nHost: localhost`)).toMatch(/^HTTP\/1\.1 404 /);
    expect(asked).toEqual([]);
  });

  it('lets no page of another origin read it', async () => {
    const answer = await send(
      'GET /explain?path=/v1 HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example',
    );
    expect(answer).not.toMatch(/access-control/i);
  });

  it('says which port is taken, and how to choose another', async () => {
    const { explain } = { explain: () => ({}) as never };
    await expect(createAdmin({ explain }, '127.0.0.1', admin.port)).rejects.toMatchObject({
      code: 'ROLLCALL_PORT_TAKEN',
      message: expect.stringMatching(new RegExp(`port ${admin.port} .*--admin-port`)) as string,
    });
  });

  it('waits for nobody when it closes', async () => {
    const socket = connect(admin.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET /explain?path=/v1 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'data');
    const closed = once(socket, 'close');
    admin.close();
    await closed;
  });
});
