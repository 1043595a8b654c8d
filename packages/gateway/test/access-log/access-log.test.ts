import { describe, expect, it } from 'vitest';
import { accessLogTo } from '../../src/access-log/access-log.ts';
import type { RequestSummary } from '@rollcall/proxy';
import { exchanged } from '../traffic/request-summary.ts';

/** What is written down of requests, line by line. */
function written(
  requests: readonly Partial<RequestSummary>[],
  { sample = 1, includeQuery = false, random = (): number => 0.5 } = {},
): unknown[] {
  const lines: string[] = [];
  const write = accessLogTo(
    { write: (line) => lines.push(line) },
    { sample, includeQuery },
    random,
  );
  for (const each of requests) write(exchanged(each));
  for (const line of lines) expect(line).toMatch(/^[^\n]+\n$/);
  return lines.map((line) => JSON.parse(line) as unknown);
}

describe('the access log', () => {
  it('has a line of JSON for each request', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(written([{ traceparent, ms: 12.345_678_9 }])).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
        requestId: 'r-1',
        client: '10.0.0.9',
        httpVersion: '1.1',
        method: 'GET',
        host: 'localhost',
        path: '/v1/x',
        route: '/v1',
        instance: 'a',
        status: 200,
        ms: 12.346,
        upstreamMs: 8,
        requestBytes: 3,
        responseBytes: 5,
        traceId: '0af7651916cd43dd8448eb211c80319c',
      },
    ]);
  });

  it('includes the query only if configured', () => {
    expect(JSON.stringify(written([{}]))).not.toContain('secret');
    expect(written([{}], { includeQuery: true })).toMatchObject([
      { path: '/v1/x', query: 'secret=1' },
    ]);
    expect(written([{ target: '/v1/x' }], { includeQuery: true })[0]).not.toHaveProperty('query');
  });

  it('samples successful requests, and logs all failed ones', () => {
    const well = Array.from({ length: 100 }, () => ({}));
    const failed = [
      { status: 500 },
      { isAborted: true },
      { status: 503, problem: 'no-instance', instance: undefined },
    ] as const;
    let turn = 0;
    const random = () => (turn++ % 100) / 100;
    const lines = written([...well, ...failed], { sample: 0.1, random });
    expect(lines).toHaveLength(13);
    expect(lines.slice(10)).toMatchObject([
      { level: 'error', status: 500 },
      { level: 'error', status: 200, isAborted: true },
      { level: 'error', problem: 'no-instance' },
    ]);
    expect(written(failed, { sample: 0, random: () => 0 })).toHaveLength(3);
  });

  it('writes each entry on one line of limited length', () => {
    const [line] = written([{ target: `/${'x'.repeat(16_000)}?y`, host: 'h"\\\n'.repeat(4000) }], {
      includeQuery: true,
    });
    expect(JSON.stringify(line).length).toBeLessThan(4096);
  });
});
