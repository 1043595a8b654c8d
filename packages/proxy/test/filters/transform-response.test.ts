import { Transform } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/deferred.ts';
import type { Filter } from '../../src/filters/filter.ts';
import { exchange, isOver } from '../exchange/exchange-harness.ts';
import { forwardBy } from '../decisions.ts';
import { client, serverSending, send, start, upstream } from '../harness.ts';

const upper = (): Filter => ({
  name: 'upper',
  transformResponse: () =>
    new Transform({
      transform: (chunk: Buffer, _encoding, done) => done(null, String(chunk).toUpperCase()),
    }),
});

const fail = (message: string): never => {
  throw new Error(message);
};

describe('transformResponse', () => {
  it('changes the body, whose length is not known any more', async () => {
    const there = await upstream((_request, response) => response.end('small'));
    const {
      stream,
      summaries,
      start: begin,
      until,
    } = exchange({
      upstreams: [there],
      filters: [upper()],
    });
    begin();
    await until(isOver);
    expect(stream).toMatchObject({ state: 'finished', body: 'SMALL' });
    expect(stream.fields).not.toHaveProperty('content-length');
    expect(stream.head?.length).toBeLessThan(0);
    const sizes = { responseBytes: 5, transformedBytes: 5 };
    expect(summaries).toMatchObject([{ status: 200, isAborted: false, ...sizes }]);
  });

  it('has no part in a response to HEAD, which loses its length if a filter encodes it', async () => {
    const lengths: unknown[] = [];
    for (const encoding of ['gzip', 'identity']) {
      const there = await serverSending(
        'HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 9\r\n\r\n',
      );
      const onResponse: Filter['onResponse'] = ({ fields }) =>
        fields.set('content-encoding', encoding);
      const run = exchange({
        line: 'HEAD /',
        upstreams: [there],
        filters: [{ name: 'a', onResponse, transformResponse: () => fail('there is no body') }],
      });
      run.start();
      await run.until(isOver);
      expect(run.stream).toMatchObject({ state: 'finished', body: '' });
      lengths.push(run.stream.fields['content-length']);
    }
    expect(lengths).toEqual([undefined, '9']);
  });

  it('pipes through several, keeps trailers, and waits for what is behind', async () => {
    const there = await serverSending(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-T: 1\r\n\r\n',
    );
    const {
      stream,
      start: begin,
      until,
    } = exchange({
      upstreams: [there],
      filters: [
        { name: 'unzip', transformResponse: () => createGunzip() },
        { name: 'zip', transformResponse: () => createGzip() },
        upper(),
      ],
    });
    begin();
    await until(isOver);
    expect(stream).toMatchObject({ state: 'finished', body: 'AB', trailers: 'X-T: 1\r\n' });
  });

  it('is not asked for where there is no body', async () => {
    const there = await upstream((_request, response) =>
      response.setHeader('content-length', 5).end(),
    );
    const {
      stream,
      start: begin,
      until,
    } = exchange({
      upstreams: [there],
      filters: [upper()],
      line: 'HEAD /',
    });
    begin();
    await until(isOver);
    expect(stream.fields).toMatchObject({ 'content-length': '5' });
  });

  it('passes large bodies over sockets, byte for byte', async () => {
    const body = Buffer.alloc(5_000_000, 'no two 9 bytes').toString();
    const there = await upstream((_request, response) => response.end(body));
    const filters = [upper()];
    const { port } = await start(({ target }) => ({
      ...forwardBy(() => there, target),
      filters,
    }));
    for (let count = 0; count < 2; count++)
      expect((await send(port)).body === body.toUpperCase()).toBe(true);
  });

  it('holds the upstream back while the client does not read', async () => {
    let sent = 0;
    const endless = await upstream((_request, response) => {
      const more = (): void => {
        do sent += 65_536;
        while (response.write(Buffer.alloc(65_536, 'a')));
      };
      response.on('drain', more).on('close', () => response.off('drain', more));
      more();
    });
    const filters = [upper()];
    const { port } = await start(({ target }) => ({
      ...forwardBy(() => endless, target),
      filters,
    }));
    const { socket } = client(port);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    socket.pause();
    let before = -1;
    const stands = (): boolean => {
      const still = sent === before && sent > 0;
      before = sent;
      return still;
    };
    await expect.poll(stands, { interval: 200 }).toBe(true);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
    const stopped = sent;
    socket.resume();
    await expect.poll(() => sent).toBeGreaterThan(stopped);
  });

  const failing: [string, () => Transform][] = [
    [
      'throws',
      () =>
        new Transform({
          transform: () => {
            throw new Error('a bug');
          },
        }),
    ],
    [
      'fails',
      () => new Transform({ transform: (_chunk, _encoding, done) => done(new Error('a bug')) }),
    ],
    [
      'fails at the end',
      () =>
        new Transform({
          transform: (chunk, _e, done) => done(null, chunk),
          flush: (done) => done(new Error('a bug')),
        }),
    ],
  ];
  it.each(failing)('that %s resets the response', async (_what, make) => {
    const there = await upstream((_request, response) => response.end('body'));
    const {
      stream,
      summaries,
      failures,
      start: begin,
      until,
    } = exchange({
      upstreams: [there],
      filters: [{ name: 'a', transformResponse: make }],
    });
    begin();
    await until(isOver);
    expect(stream.state).toBe('reset');
    expect(summaries).toMatchObject([{ isAborted: true }]);
    expect(failures).toMatchObject([['', { message: 'a bug' }]]);
  });

  it('that is asked for and throws is answered with 500', async () => {
    const {
      stream,
      start: begin,
      until,
    } = exchange({
      upstreams: [await upstream((_request, response) => response.end('x'))],
      filters: [{ name: 'a', transformResponse: () => fail('a bug') }],
    });
    begin();
    await until(isOver);
    expect(stream.head?.status).toBe(500);
  });

  it('is destroyed when the client leaves', async () => {
    const closed = deferred();
    const there = await upstream((_request, response) => void response.write('begun'));
    const transform = new Transform({ transform: (chunk, _e, done) => done(null, chunk) });
    transform.on('close', () => closed.resolve());
    const {
      exchange: made,
      start: begin,
      until,
    } = exchange({
      upstreams: [there],
      filters: [{ name: 'a', transformResponse: () => transform }],
    });
    begin();
    await until(({ body }) => body === 'begun');
    made.onClientClose();
    await closed.promise;
  });
});
