import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { APP, connectionTo, onlyConnection } from '../../../../test/support/connection.ts';
import { createPublisher } from '../../src/transport/publisher.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function publisherTo(handler: RequestListener) {
  const server = createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connection = onlyConnection(connectionTo(port));
  const publisher = createPublisher(connection);
  cleanups.push(
    () => server.close(),
    () => publisher.close(),
  );
  return { publisher, server };
}

/** Answers with each of these in turn, and counts. */
function script(...answers: [status: number, body: string][]) {
  const seen = { count: 0 };
  const handler: RequestListener = (_request, response) => {
    const [status, body] = answers[Math.min(seen.count++, answers.length - 1)] ?? [500, ''];
    response.writeHead(status).end(body);
  };
  return { seen, handler };
}

describe('publish', () => {
  it('sends one signed event to the discovery channel', async () => {
    const requests: { url: string | undefined; body: string }[] = [];
    const { publisher } = await publisherTo(async (request, response) => {
      requests.push({ url: request.url, body: await text(request) });
      response.end('{}');
    });
    await publisher.publish('mapped-discovery', 'register', { prefix: '/v1' });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.url).toMatch(
      /^\/apps\/42\/events\?auth_key=test-key&.*auth_signature=[0-9a-f]{64}$/,
    );
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      name: 'register',
      channels: ['mapped-discovery'],
      data: '{"prefix":"/v1"}',
    });
  });

  it('retries if the server is busy', async () => {
    const { seen, handler } = script([503, 'busy'], [429, 'slow down'], [200, '{}']);
    const { publisher } = await publisherTo(handler);
    await publisher.publish('mapped-discovery', 'register', {});
    expect(seen.count).toBe(3);
  });

  it('gives up after three attempts, and says what to do', async () => {
    const { seen, handler } = script([500, 'oops']);
    const { publisher } = await publisherTo(handler);
    await expect(publisher.publish('mapped-discovery', 'register', {})).rejects.toMatchObject({
      code: 'ROLLCALL_BROKER_UNREACHABLE',
      message: expect.stringMatching(/HTTP 500: oops.*broker's log/) as string,
    });
    expect(seen.count).toBe(3);
  });

  it.each([
    [401, 'bad signature'],
    [200, '{"error":"app not found","code":404}'],
    [200, '<html>'],
  ])('does not retry a refused request: %s %s', async (status, body) => {
    const { seen, handler } = script([status, body]);
    const { publisher } = await publisherTo(handler);
    await expect(publisher.publish('mapped-discovery', 'register', {})).rejects.toMatchObject({
      code: 'ROLLCALL_BROKER_REFUSED',
    });
    expect(seen.count).toBe(1);
  });

  it('reveals neither key nor signature in an error', async () => {
    const { publisher, server } = await publisherTo(script([200, '{}']).handler);
    server.close();
    await once(server, 'close');
    const error: unknown = await publisher
      .publish('mapped-discovery', 'register', {})
      .catch((each: unknown) => each);
    const { inspect } = await import('node:util');
    expect(inspect(error, { depth: 10 })).toContain('ECONNREFUSED');
    expect(inspect(error, { depth: 10 })).not.toContain(APP.secret);
    expect(inspect(error, { depth: 10 })).not.toMatch(/test-key|auth_/);
  });
});
