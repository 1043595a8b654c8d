import { describe, expect, it } from 'vitest';
import type { Filter } from '../../src/filters/filter.ts';
import { exchange, isOver } from '../exchange/exchange-harness.ts';
import { upstream } from '../harness.ts';

const mirror = () => upstream((_request, response) => response.end('a'));
const fail = (message: string): never => {
  throw new Error(message);
};

const counting = (ended: string[], name: string, more: Partial<Filter> = {}): Filter => ({
  name,
  onRequestEnd: () => void ended.push(name),
  ...more,
});

describe('onRequestEnd', () => {
  it('runs once the response has ended', async () => {
    const ended: string[] = [];
    const filters = [counting(ended, 'a')];
    const { start: begin, until } = exchange({ upstreams: [await mirror()], filters });
    begin();
    expect(ended).toEqual([]);
    await until(isOver);
    expect(ended).toEqual(['a']);
  });

  it('runs for the filters that let the request pass, and not for the one that answered', () => {
    const ended: string[] = [];
    const answers = { onRequest: () => ({ status: 204 }) };
    const filters = [counting(ended, 'a'), counting(ended, 'b', answers), counting(ended, 'c')];
    exchange({ filters }).start();
    expect(ended).toEqual(['a']);
  });

  it('runs once if the client leaves, also while another filter takes its time', () => {
    const ended: string[] = [];
    const waits = { onRequest: () => new Promise<void>(() => {}) };
    const { exchange: running, start: begin } = exchange({
      filters: [counting(ended, 'a'), counting(ended, 'b', waits)],
    });
    begin();
    running.onClientClose();
    running.onClientClose();
    expect(ended).toEqual(['a']);
  });

  it('that throws is reported, and the others still run', () => {
    const ended: string[] = [];
    const throws = { onRequestEnd: () => fail('broken') };
    const filters: Filter[] = [
      { name: 'a', ...throws },
      counting(ended, 'b'),
      { name: 'c', onRequest: () => ({ status: 204 }) },
    ];
    const { failures, start: begin } = exchange({ filters });
    begin();
    expect(ended).toEqual(['b']);
    expect(failures).toMatchObject([['a', { message: 'broken' }]]);
  });
});
