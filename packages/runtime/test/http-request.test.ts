import { createServer } from 'node:http';
import type { RequestListener, Server, ServerResponse } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { acceptsConnections } from '../src/accepts-connections.ts';
import { httpRequest, httpTarget } from '../src/http-request.ts';
import { listen } from '../src/listening.ts';
import { freePort } from '../../../test/support/free-port.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function serve(listener: RequestListener): Promise<{ host: string; port: number }> {
  server = createServer(listener);
  return listen(server, '127.0.0.1', 0);
}

const TIMEOUT_MS = 10_000;

it('resolves to status, fields and body', async () => {
  const at = await serve((request, response) => {
    response.setHeader(
      'x-seen',
      `${request.method} ${request.url} ${String(request.headers['x-a'])}`,
    );
    request.pipe(response.writeHead(201));
  });
  const options = { method: 'POST', path: '/a?b', headers: { 'x-a': '1' }, body: 'hello' };
  expect(
    await httpRequest({ ...at, ...options, readsBody: true, timeoutMs: TIMEOUT_MS }),
  ).toMatchObject({
    status: 201,
    body: 'hello',
    localAddress: '127.0.0.1',
    headers: { 'x-seen': 'POST /a?b 1' },
  });
});

it('reads no more of a body than is allowed', async () => {
  const at = await serve((_, response) => void response.end('four'));
  const options = { ...at, path: '/', readsBody: true, timeoutMs: TIMEOUT_MS };
  expect(await httpRequest({ ...options, maxBodyBytes: 4 })).toMatchObject({ body: 'four' });
  expect(await httpRequest({ ...options, maxBodyBytes: 3 })).toEqual({ code: 'EMSGSIZE' });
});

it('does not wait for an unread body', async () => {
  const at = await serve((_, response) => void response.write('without an end'));
  expect(await httpRequest({ ...at, path: '/', timeoutMs: TIMEOUT_MS })).toMatchObject({
    status: 200,
    body: '',
  });
});

it('resolves to ETIMEDOUT if no response comes in time', async () => {
  const at = await serve(() => {});
  expect(await httpRequest({ ...at, path: '/', timeoutMs: 20 })).toEqual({
    code: 'ETIMEDOUT',
    isConnected: true,
  });
});

it('waits on for a response that is overdue as long as it is asked to', async () => {
  let waiting: ServerResponse | undefined;
  const late = await serve((_, response) => {
    waiting = response;
  });
  const overdue: number[] = [];
  const onOverdue = (times: number): boolean => overdue.push(times) < 3;
  expect(await httpRequest({ ...late, path: '/', timeoutMs: 20, onOverdue })).toEqual({
    code: 'ETIMEDOUT',
    isConnected: true,
  });
  expect(overdue).toEqual([1, 2, 3]);
  expect(
    await httpRequest({
      ...late,
      path: '/',
      timeoutMs: 20,
      onOverdue: (times) => {
        if (times >= 3) waiting?.end();
        return true;
      },
    }),
  ).toMatchObject({ status: 200 });
});

it('resolves to ETIMEDOUT if the body does not end in time', async () => {
  const at = await serve((_, response) => void response.write('without an end'));
  expect(await httpRequest({ ...at, path: '/', readsBody: true, timeoutMs: 20 })).toEqual({
    code: 'ETIMEDOUT',
    isConnected: true,
  });
});

it('resolves to the code of an error', async () => {
  const port = await freePort();
  const options = { host: '127.0.0.1', port, path: '/', timeoutMs: TIMEOUT_MS };
  expect(await httpRequest(options)).toEqual({ code: 'ECONNREFUSED' });
});

it('ends early by its signal', async () => {
  const at = await serve(() => {});
  const signal = AbortSignal.abort();
  expect(await httpRequest({ ...at, path: '/', signal, timeoutMs: TIMEOUT_MS })).toEqual({
    code: 'ABORT_ERR',
  });
});

it('knows whether a port accepts connections', async () => {
  const at = await serve(() => {});
  expect(await acceptsConnections(at, TIMEOUT_MS)).toBe(true);
  const nowhere = { host: '127.0.0.1', port: await freePort() };
  expect(await acceptsConnections(nowhere, TIMEOUT_MS)).toBe(false);
});

it.each([
  ['http://a/b?c', { host: 'a', port: 80, path: '/b?c', tls: undefined }],
  ['https://a:8443', { host: 'a', port: 8443, path: '/', tls: {} }],
  ['https://[::1]/', { host: '::1', port: 443, path: '/', tls: {} }],
  [
    'http://me:it%27s@a/',
    {
      host: 'a',
      port: 80,
      path: '/',
      tls: undefined,
      headers: { authorization: 'Basic bWU6aXQncw==' },
    },
  ],
])('finds the target of %s', (url, target) => {
  expect(httpTarget(url)).toEqual(target);
});
