import { describe, expect, it } from 'vitest';
import {
  bars,
  line,
  milliseconds,
  paceOf,
  percent,
  perSecond,
  rate,
} from '../../src/model/traffic.ts';
import { instance } from '../instances.ts';

const window = (requests: number, errors = 0, times: { p50?: number; p99?: number } = {}) => ({
  at: 0,
  seconds: 5,
  requests,
  errors,
  ...times,
});

const busy = (requests: number) =>
  instance({ traffic: { requests, errors: 0, history: [window(requests)] } });

describe('traffic in numbers', () => {
  it('is the latest rate, the failures of all windows, and the latest times that there are', () => {
    const history = [
      window(10, 1, { p50: 2, p99: 9 }),
      window(40, 4, { p50: 3, p99: 8 }),
      window(0),
    ];
    expect(paceOf({ requests: 50, errors: 5, history })).toEqual({
      perSecond: 0,
      errorShare: 0.1,
      p50: 3,
      p99: 8,
    });
    expect(paceOf({ requests: 0, errors: 0, history: [] })).toEqual({
      perSecond: 0,
      errorShare: 0,
    });
  });

  it('adds up over instances, and is none where nobody had any', () => {
    expect(perSecond([busy(5), instance(), busy(10)])).toBe(3);
    expect(perSecond([instance()])).toBeUndefined();
  });

  it.each([
    [0, '0'],
    [0.04, '0.040'],
    [2, '2'],
    [2.34, '2.3'],
    [9.96, '10'],
    [1234.5, '1,235'],
  ])('%d a second is %s', (value, text) => {
    expect(rate(value)).toBe(text);
  });

  it.each([
    [0.123, '0.1 ms'],
    [9.96, '10 ms'],
    [12.4, '12 ms'],
    [1234, '1.2 s'],
    [12_345, '12 s'],
  ])('%d ms is %s', (value, text) => {
    expect(milliseconds(value)).toBe(text);
  });

  it.each([
    [0, '0 %'],
    [0.0001, '< 0.1 %'],
    [0.031, '3.1 %'],
    [0.5, '50 %'],
  ])('a share of %d is %s', (value, text) => {
    expect(percent(value)).toBe(text);
  });
});

describe('the charts', () => {
  it('have bars up to the highest, failures on top', () => {
    expect(bars([window(10, 5), window(20), window(0)])).toEqual([
      { ok: 0.25, failed: 0.25 },
      { ok: 1, failed: 0 },
      { ok: 0, failed: 0 },
    ]);
    expect(bars([window(0)])).toEqual([{ ok: 0, failed: 0 }]);
    expect(bars([])).toEqual([]);
  });

  it('have lines over the whole width, with nothing where there was no answer', () => {
    const box = { width: 100, height: 10 };
    expect(line([0, undefined, 99], 99, box)).toBe('0,10 100,0');
    expect(line([5], 5, box)).toBe('0,0');
    expect(line([], 1, box)).toBe('');
  });
});
