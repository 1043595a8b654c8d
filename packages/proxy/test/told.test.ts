import { describe, expect, it } from 'vitest';
import type { RequestView } from '../src/proxy.ts';
import { refusingUpstream, sendRequest, startProxy, forwardToEach, httpServer } from './harness.ts';
import { forwardBy } from './decisions.ts';

/** An instance that answers with the head that reached it. */
const mirrorServer = () =>
  httpServer((request, response) => response.end(JSON.stringify(request.headers)));

const isLocal = (address: string): boolean => address === '127.0.0.1';

async function receivedHeaders(port: number, headers: Record<string, string> = {}) {
  const { body } = await sendRequest(port, { headers });
  return JSON.parse(body) as Record<string, string>;
}

describe('an instance', () => {
  it('receives the origin of a request and its id', async () => {
    const { port } = await startProxy(forwardToEach(await mirrorServer()));
    const headers = await receivedHeaders(port, {
      'x-request-id': 'mine',
      'x-forwarded-for': '6.6.6.6',
    });
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': `127.0.0.1:${port}`,
      'x-forwarded-port': String(port),
      'x-forwarded-proto': 'http',
      forwarded: `for=127.0.0.1;host="127.0.0.1:${port}";proto=http`,
    });
    expect(headers['x-request-id']).toMatch(/^[0-9a-f]{24}-1$/);
    expect((await receivedHeaders(port))['x-request-id']).toMatch(/-2$/);
  });

  it('receives the origin from a trusted proxy', async () => {
    const { port } = await startProxy(forwardToEach(await mirrorServer()), {
      isTrustedProxy: isLocal,
    });
    const headers = await receivedHeaders(port, {
      'x-request-id': 'mine',
      'x-forwarded-for': '192.0.2.1',
    });
    expect(headers).toMatchObject({
      'x-request-id': 'mine',
      'x-forwarded-for': '192.0.2.1, 127.0.0.1',
    });
  });

  it('receives the trace context of the client', async () => {
    const { port } = await startProxy(forwardToEach(await mirrorServer()));
    const sent = { traceparent: '00-abc', tracestate: 'a=1,b=2' };
    expect(await receivedHeaders(port, sent)).toMatchObject(sent);
  });
});

it('an instance receives the stripped prefix of the path', async () => {
  const there = await mirrorServer();
  const route = (isStripped: boolean) =>
    startProxy(({ target }) => ({ ...forwardBy(() => there, target, '/v1'), isStripped }));
  expect(await receivedHeaders((await route(true)).port)).toMatchObject({
    'x-forwarded-prefix': '/v1',
  });
  expect(await receivedHeaders((await route(false)).port)).not.toHaveProperty('x-forwarded-prefix');
});

it('a problem carries the id of its request', async () => {
  const { port } = await startProxy(forwardToEach(await refusingUpstream()), {
    isTrustedProxy: isLocal,
  });
  const { body } = await sendRequest(port, { headers: { 'x-request-id': 'mine' } });
  expect(JSON.parse(body)).toMatchObject({ requestId: 'mine' });
});

const lookAt = (asked: RequestView): unknown[] => [
  asked.method,
  asked.clientAddress,
  ...['x-a', 'cookie', 'x-b'].map((name) => asked.field(name)),
];

it('the decision may use method, fields and the client’s address', async () => {
  const seen: unknown[] = [];
  const there = await mirrorServer();
  const { port } = await startProxy(
    (request) => {
      seen.push(lookAt(request));
      return forwardToEach(there)(request);
    },
    { isTrustedProxy: isLocal },
  );
  await sendRequest(port, {
    method: 'DELETE',
    headers: { 'X-A': '1', Cookie: 'c=d', 'X-Forwarded-For': '192.0.2.1' },
  });
  expect(seen).toEqual([['DELETE', '192.0.2.1', '1', 'c=d', undefined]]);
});
