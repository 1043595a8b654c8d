import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http2';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { send, start, to, upstream } from './harness.ts';
import { session } from './http2-client.ts';

it('gives each response the id of its request, by which logs are searched', async () => {
  const there = await upstream((request, response) =>
    response.end(String(request.headers['x-request-id'])),
  );
  const { port } = await start(to(there));
  const { headers, body } = await send(port);
  expect(headers['x-request-id']).toBe(body);
});

it('gives responses by HTTP/2 the id of their request, too', async () => {
  const there = await upstream((request, response) =>
    response.end(String(request.headers['x-request-id'])),
  );
  const { port } = await start(to(there));
  const request = session(port).request();
  const [headers] = (await once(request, 'response')) as [IncomingHttpHeaders];
  expect(headers['x-request-id']).toBe(await text(request));
});

it('gives a problem of its own the id that it names', async () => {
  const { port } = await start(to());
  const { headers, body } = await send(port);
  expect(JSON.parse(body)).toMatchObject({ requestId: headers['x-request-id'] });
});

it('keeps the id that an upstream gives its response', async () => {
  const there = await upstream((_request, response) => {
    response.setHeader('X-Request-Id', 'its own').end();
  });
  const { port } = await start(to(there));
  expect((await send(port)).headers['x-request-id']).toBe('its own');
});
