import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/deferred.ts';
import type { Filter, FilterAnswer } from '../../src/filters/filter.ts';
import { DONE } from '../../src/message.ts';
import { exchange, isOver } from '../exchange/exchange-harness.ts';
import { forwardBy } from '../decisions.ts';
import { client, send, start, unresponsiveServer, upstream } from '../harness.ts';

/** An upstream that responds with the head that reached it. */
const mirror = () =>
  upstream((request, response) =>
    response.end(JSON.stringify({ url: request.url, headers: request.headers })),
  );
const codeOf = (body: string): unknown => (JSON.parse(body) as { code: unknown }).code;
const fail = (message: string): never => {
  throw new Error(message);
};

describe('onRequest', () => {
  it('sees the request, and changes its head', async () => {
    const seen: unknown[] = [];
    const filter: Filter = {
      name: 'a',
      onRequest(request) {
        const { method, host, target, upstreamTarget, clientAddress, isSecure } = request;
        seen.push({ method, host, target, upstreamTarget, clientAddress, isSecure });
        request.fields.set('X-User', 'ann');
        request.fields.delete('x-secret');
        request.upstreamTarget = '/other?c=d';
      },
    };
    const {
      stream,
      start: begin,
      until,
    } = exchange({
      upstreams: [await mirror()],
      filters: [filter],
      line: 'GET /x?a=b',
      fields: 'X-Secret: 1\r\nX-User: eve\r\n',
    });
    begin();
    await until(isOver);
    expect(seen).toEqual([
      {
        method: 'GET',
        host: 'a',
        target: '/x?a=b',
        upstreamTarget: '/x?a=b',
        clientAddress: '192.0.2.1',
        isSecure: false,
      },
    ]);
    const { url, headers } = JSON.parse(stream.body) as { url: string; headers: object };
    expect(url).toBe('/other?c=d');
    expect(headers).toMatchObject({ host: 'a', 'x-user': 'ann', via: '1.1 us' });
    expect(headers).not.toHaveProperty('x-secret');
  });

  it('sees what a trusted proxy passes on, and changes it', async () => {
    const seen: unknown[] = [];
    const there = await mirror();
    const filter: Filter = {
      name: 'a',
      onRequest({ fields }) {
        seen.push(
          fields.get('x-real-ip'),
          fields.get('x-forwarded-user'),
          fields.get('x-forwarded-for'),
        );
        fields.set('X-Forwarded-User', 'ann');
        fields.delete('x-forwarded-email');
      },
    };
    const { port } = await start(
      ({ target }) => ({ ...forwardBy(() => there, target), filters: [filter] }),
      { isTrustedProxy: () => true },
    );
    const headers = {
      'X-Forwarded-User': 'eve',
      'X-Forwarded-Email': 'eve',
      'X-Real-IP': '192.0.2.1',
      'X-Forwarded-For': '192.0.2.1',
    };
    const { body } = await send(port, { headers });
    expect(seen).toEqual(['192.0.2.1', 'eve', undefined]);
    expect((JSON.parse(body) as { headers: object }).headers).toMatchObject({
      'x-forwarded-user': 'ann',
      'x-real-ip': '192.0.2.1',
      'x-forwarded-for': '192.0.2.1, 127.0.0.1',
    });
    expect(body).not.toContain('eve');
  });

  it.each(['TRACE', 'OPTIONS'])(
    'comes before the proxy answers a %s as its last hop, and may refuse it',
    (method) => {
      const filters: Filter[] = [{ name: 'a', onRequest: () => ({ status: 401 }) }];
      const fields = 'Max-Forwards: 0\r\n';
      const refused = exchange({ filters, line: `${method} /`, fields });
      refused.start();
      expect(refused.stream).toMatchObject({ state: 'finished', head: { status: 401 } });
      const passed = exchange({ filters: [{ name: 'a' }], line: `${method} /`, fields });
      passed.start();
      expect(passed.stream).toMatchObject({ state: 'finished', head: { status: 200 } });
    },
  );

  it('answers in place of the upstream, and later filters do not see the request', async () => {
    let later = 0;
    const filters: Filter[] = [
      {
        name: 'a',
        onRequest: () => ({ status: 401, fields: [['WWW-Authenticate', 'Bearer']], body: 'no' }),
      },
      { name: 'b', onRequest: () => void later++ },
    ];
    const { stream, summaries, start: begin } = exchange({ filters });
    begin();
    expect(stream).toMatchObject({ state: 'finished', body: 'no', head: { status: 401 } });
    expect(stream.fields).toEqual({ 'www-authenticate': 'Bearer', 'content-length': '2' });
    expect(summaries).toMatchObject([{ status: 401, problem: undefined, responseBytes: 2 }]);
    expect(later).toBe(0);
  });

  it.each([
    ['HEAD', 200, 'no', { 'content-length': '2' }],
    ['GET', 204, 'no', {}],
  ])('answers %s with %d and no body', (method, status, body, fields) => {
    const filters: Filter[] = [{ name: 'a', onRequest: () => ({ status, body }) }];
    const { stream, start: begin } = exchange({ filters, line: `${method} /` });
    begin();
    expect(stream.body).toBe('');
    expect(stream.fields).toEqual(fields);
  });

  it('takes its time: the body that has come meanwhile is sent when it is over', async () => {
    const answer = deferred();
    const echo = await upstream((request, response) => request.pipe(response));
    const {
      exchange: made,
      stream,
      start: begin,
      until,
    } = exchange({
      upstreams: [echo],
      filters: [{ name: 'a', onRequest: () => answer.promise }],
      line: 'POST /',
      fields: 'Content-Length: 4\r\n',
      body: 'ab',
      isComplete: false,
    });
    begin();
    expect(made.phase).toBe('filtering');
    answer.resolve();
    made.onRequestData([Buffer.from('cd')], DONE);
    await until(isOver);
    expect(stream.body).toBe('abcd');
  });

  it('is not waited for when the client has left', async () => {
    const answer = deferred<FilterAnswer>();
    let later = 0;
    const {
      exchange: made,
      stream,
      summaries,
      start: begin,
    } = exchange({
      filters: [
        { name: 'a', onRequest: () => answer.promise },
        { name: 'b', onRequest: () => void later++ },
      ],
    });
    begin();
    made.onClientClose();
    answer.resolve({ status: 200 });
    await answer.promise;
    expect(made.phase).toBe('done');
    expect(stream.head).toBeUndefined();
    expect(summaries).toMatchObject([{ status: 499 }]);
    expect(later).toBe(0);
  });

  it('has a limit on its time', async () => {
    const {
      stream,
      failures,
      start: begin,
      pass,
    } = exchange({
      filters: [{ name: 'a', onRequest: () => new Promise(() => {}) }],
      limits: { filterMs: 100 },
    });
    begin();
    pass(99);
    expect(stream.state).toBe('open');
    pass(1);
    expect(stream).toMatchObject({ state: 'finished', head: { status: 500 } });
    expect(codeOf(stream.body)).toBe('filter-failed');
    expect(failures).toMatchObject([['', { message: 'the filters took longer than 100 ms' }]]);
  });

  const failing: [string, Filter['onRequest'], RegExp][] = [
    ['throws', () => fail('a bug'), /a bug/],
    ['rejects', () => Promise.reject(new Error('no JWKS')), /no JWKS/],
    ['answers with what is no final status', () => ({ status: 101 }), /101/],
    [
      'answers late with what is no field',
      async () => ({ status: 200, fields: [['a b', 'c']] }),
      /a b/,
    ],
    ['sets what is no target', (request) => void (request.upstreamTarget = 'http://x/'), /http:/],
    ['sets what frames the body', (request) => request.fields.set('Content-Length', '1'), /Length/],
  ];
  it.each(failing)(
    'that %s is answered with 500, and reported',
    async (_what, onRequest, error) => {
      const {
        stream,
        summaries,
        failures,
        start: begin,
        until,
      } = exchange({
        filters: [{ name: 'broken', ...(onRequest && { onRequest }) }],
      });
      begin();
      await until(isOver);
      expect(stream).toMatchObject({ state: 'finished', head: { status: 500 } });
      expect(summaries).toMatchObject([{ status: 500, problem: 'filter-failed' }]);
      expect(failures).toMatchObject([
        ['broken', { message: expect.stringMatching(error) as string }],
      ]);
      expect(stream.body).not.toMatch(error);
    },
  );

  it('cannot lead the path out of its route', () => {
    const { stream, start: begin } = exchange({
      filters: [{ name: 'a', onRequest: (request) => void (request.upstreamTarget = '/../x') }],
    });
    begin();
    expect(codeOf(stream.body)).toBe('path-escapes-route');
  });
});

it('a filter that waits does not stop other requests, nor its client’s next one', async () => {
  const answer = deferred();
  const there = await upstream((request, response) => response.end(request.url));
  const filters: Filter[] = [
    { name: 'a', onRequest: ({ target }) => (target === '/slow' ? answer.promise : undefined) },
  ];
  const { port } = await start(({ target }) => ({ ...forwardBy(() => there, target), filters }));
  const { write, heard } = client(port);
  write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n');
  expect((await send(port, { path: '/fast' })).body).toBe('/fast');
  answer.resolve();
  expect(await heard(/\/slow[^]*\/next/)).toMatch(/200 OK[^]*200 OK/);
});

it('a client that leaves while a filter waits is noticed', async () => {
  const left = deferred<number>();
  const there = await unresponsiveServer();
  const waits = deferred();
  const onRequest = (): Promise<void> => {
    waits.resolve();
    return new Promise(() => {});
  };
  const filters: Filter[] = [{ name: 'a', onRequest }];
  const { port } = await start(({ target }) => ({ ...forwardBy(() => there, target), filters }), {
    onRequestEnd: ({ status }) => left.resolve(status),
  });
  const { socket, write } = client(port);
  write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await waits.promise;
  // A reset: a client that only ends its side is waited for.
  socket.resetAndDestroy();
  expect(await left.promise).toBe(499);
});

describe('a filter that refuses a request with a problem', () => {
  it('has it sent as problem+json with its fields, and its code stands in the summary', () => {
    const problem = { code: 'forbidden', status: 403, title: 'Forbidden', detail: 'Not you.' };
    const filter: Filter = {
      name: 'a',
      onRequest: () => ({ problem, fields: [['X-Why', 'because']] }),
    };
    const { stream, summaries, start: begin } = exchange({ filters: [filter] });
    begin();
    expect(stream.fields).toMatchObject({
      'content-type': 'application/problem+json',
      'x-why': 'because',
    });
    expect(JSON.parse(stream.body)).toMatchObject({ code: 'forbidden', detail: 'Not you.' });
    expect(summaries).toMatchObject([{ status: 403, problem: 'forbidden', filter: 'a' }]);
  });
});

describe('a filter that proves who a request is', () => {
  it('lets later filters and the summary know', async () => {
    const seen: unknown[] = [];
    const filters: Filter[] = [
      { name: 'a', onRequest: (request) => void (request.consumer = 'ann') },
      { name: 'b', onRequest: ({ consumer, route }) => void seen.push(consumer, route) },
    ];
    const { summaries, start: begin, until } = exchange({ upstreams: [await mirror()], filters });
    begin();
    await until(isOver);
    expect(seen).toEqual(['ann', '/v1']);
    expect(summaries).toMatchObject([{ consumer: 'ann' }]);
  });
});
