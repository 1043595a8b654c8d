import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApi } from '../src/api.ts';

let server: Server;
let base: string;
let isRegistered = false;

beforeAll(async () => {
  const options = { serverName: 'me', isRegistered: () => isRegistered, now: () => 1234 };
  server = createApi(options).listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

async function ask(method: string, path: string, body?: string) {
  const response = await fetch(base + path, { method, ...(body !== undefined && { body }) });
  return {
    status: response.status,
    server: response.headers.get('x-server'),
    type: response.headers.get('content-type'),
    body: (await response.json()) as unknown,
  };
}

const JSON_BY_ME = { server: 'me', type: 'application/json' };

describe('id-v5', () => {
  it('describes itself', async () => {
    expect(await ask('GET', '/')).toEqual({
      ...JSON_BY_ME,
      status: 200,
      body: { service: 'ID generator' },
    });
  });

  it('reports its health', async () => {
    expect(await ask('GET', '/health')).toEqual({
      ...JSON_BY_ME,
      status: 200,
      body: { status: 'ok' },
    });
  });

  it('is ready once it is registered', async () => {
    const answer = { ...JSON_BY_ME, status: 503, body: { status: 'not registered yet' } };
    expect(await ask('GET', '/ready')).toEqual(answer);
    isRegistered = true;
    expect(await ask('GET', '/ready')).toEqual({ ...answer, status: 200, body: { status: 'ok' } });
  });

  // Python: uuid.uuid5(uuid.NAMESPACE_URL, ...)
  it.each([
    ['3jhbj333', 'ded2f335-7fd4-5b9b-a118-3cf44a258ba4'],
    ['é\u0000☃', '38e39e9d-4da3-5a96-b339-90496025f7d5'],
  ])('returns the UUID v5 of %j in the URL namespace', async (id, uuid) => {
    expect(await ask('POST', '/generate', JSON.stringify({ id }))).toEqual({
      ...JSON_BY_ME,
      status: 200,
      body: { id: uuid, timestamp: 1234, message: 'UUID was successfully generated' },
    });
  });

  it.each(['', '{}', '{"id":""}', '{"id":7}', '{"id":null}', '[]', 'null', '"x"'])(
    'requires an id, and refuses %j',
    async (body) => {
      expect(await ask('POST', '/generate', body)).toEqual({
        ...JSON_BY_ME,
        status: 400,
        body: { message: 'Please provide an ID to use to generate your UUID V5' },
      });
    },
  );

  it.each(['\ud800', 'a\udc00b'])('refuses %j, which is not a string', async (id) => {
    expect(await ask('POST', '/generate', JSON.stringify({ id }))).toEqual({
      ...JSON_BY_ME,
      status: 400,
      body: { message: 'The id is not valid Unicode: it has a surrogate without its other half' },
    });
  });

  it('refuses a body that is not JSON or too large', async () => {
    expect(await ask('POST', '/generate', '{"id":')).toMatchObject({ ...JSON_BY_ME, status: 400 });
    const large = JSON.stringify({ id: 'x'.repeat(100_001) });
    expect(await ask('POST', '/generate', large)).toMatchObject({ ...JSON_BY_ME, status: 413 });
  });

  it.each([
    ['GET', '/generate'],
    ['GET', '/nowhere'],
    ['DELETE', '/'],
  ])('answers 404 to %s %s with its name', async (method, path) => {
    expect(await ask(method, path)).toMatchObject({ ...JSON_BY_ME, status: 404 });
  });
});
