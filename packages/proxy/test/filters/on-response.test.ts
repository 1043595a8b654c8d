import { describe, expect, it } from 'vitest';
import type { Filter } from '../../src/filters/filter.ts';
import { exchange, isOver } from '../exchange/exchange-harness.ts';
import { NO_UPSTREAM } from '../decisions.ts';
import { serverSending, upstream } from '../harness.ts';

const tag = (name: string): Filter => ({
  name,
  onResponse: ({ fields }) => fields.append('X-Passed', name),
});

const throwing = (): Filter => ({
  name: 'broken',
  onResponse() {
    throw new Error('a bug');
  },
});

describe('onResponse', () => {
  it('changes the head of the upstream’s response, the last filter first', async () => {
    const there = await upstream((_request, response) => {
      response.setHeader('X-Powered-By', 'x').end('body');
    });
    const {
      stream,
      summaries,
      start: begin,
      until,
    } = exchange({
      upstreams: [there],
      filters: [
        {
          name: 'a',
          onResponse(response) {
            response.fields.set('X-Passed', `${response.fields.get('x-passed')}, a`);
            response.fields.delete('x-powered-by');
            response.status = 203;
          },
        },
        tag('b'),
      ],
    });
    begin();
    await until(isOver);
    expect(stream).toMatchObject({ body: 'body', head: { status: 203 } });
    expect(stream.head?.statusLine).toBe('203 Non-Authoritative Information');
    expect(stream.fields).toMatchObject({ 'x-passed': 'b, a', 'content-length': '4' });
    expect(stream.fields).not.toHaveProperty('x-powered-by');
    expect(summaries).toMatchObject([{ status: 203 }]);
  });

  it('sees which response is a problem of the proxy or of a filter', () => {
    const seen: unknown[] = [];
    const look: Filter = {
      name: 'look',
      onResponse: ({ problem }) => void seen.push(problem?.code),
    };
    const written = {
      status: 503,
      fields: [['content-type', 'application/problem+json']],
    } as const;
    const answers: Filter[] = [
      { name: 'a', onRequest: () => ({ problem: NO_UPSTREAM }) },
      { name: 'a', onRequest: () => written },
    ];
    for (const each of answers) exchange({ filters: [each, look] }).start();
    exchange({ decision: { type: 'answer', problem: NO_UPSTREAM, filters: [look] } }).start();
    expect(seen).toEqual([NO_UPSTREAM.code, undefined, NO_UPSTREAM.code]);
  });

  it('sees the problems of its route, and what filters answer', () => {
    const decision = { type: 'answer', problem: NO_UPSTREAM, filters: [tag('a')] } as const;
    const answering: Filter = { name: 'b', onRequest: () => ({ status: 429 }) };
    for (const setup of [
      { decision },
      { filters: [tag('a')] },
      { filters: [answering, tag('a')] },
    ]) {
      const { stream, start: begin } = exchange(setup);
      begin();
      expect(stream.fields).toMatchObject({ 'x-passed': 'a' });
    }
  });

  it('that throws is answered with 500, and the upstream is given up', async () => {
    const {
      stream,
      failures,
      start: begin,
      until,
    } = exchange({
      upstreams: [await upstream((_request, response) => response.end())],
      filters: [throwing()],
    });
    begin();
    await until(isOver);
    expect(stream).toMatchObject({ state: 'finished', head: { status: 500 } });
    // Once with the response, once with the problem.
    expect(failures.map(([name]) => name)).toEqual(['broken', 'broken']);
  });

  it.each([
    ['200', 204],
    ['204', 200],
    ['200', 101],
    ['200', 1000],
  ])('cannot make %s into %d', async (from, to) => {
    const {
      stream,
      start: begin,
      until,
    } = exchange({
      upstreams: [await serverSending(`HTTP/1.1 ${from} x\r\nContent-Length: 0\r\n\r\n`)],
      filters: [
        {
          name: 'a',
          onResponse(response) {
            if (response.status !== 500) response.status = to;
          },
        },
      ],
    });
    begin();
    await until(isOver);
    expect(stream.head?.status).toBe(500);
  });
});
