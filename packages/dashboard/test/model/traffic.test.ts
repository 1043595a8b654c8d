import { describe, expect, it } from 'vitest';
import {
  rateBars,
  polylinePoints,
  formatDuration,
  summarize,
  formatShare,
  requestsPerSecond,
  formatRate,
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

describe('the summary of traffic', () => {
  it('has the latest rate, the failures of all windows, and the latest latencies', () => {
    const history = [
      window(10, 1, { p50: 2, p99: 9 }),
      window(40, 4, { p50: 3, p99: 8 }),
      window(0),
    ];
    expect(summarize({ requests: 50, errors: 5, history })).toEqual({
      perSecond: 0,
      errorShare: 0.1,
      p50: 3,
      p99: 8,
    });
    expect(summarize({ requests: 0, errors: 0, history: [] })).toEqual({
      perSecond: 0,
      errorShare: 0,
    });
  });

  it('adds up the rates of instances, and is undefined if none had traffic', () => {
    expect(requestsPerSecond([busy(5), instance(), busy(10)])).toBe(3);
    expect(requestsPerSecond([instance()])).toBeUndefined();
  });

  it.each([
    [0, '0'],
    [0.04, '0.040'],
    [2, '2'],
    [2.34, '2.3'],
    [9.96, '10'],
    [1234.5, '1,235'],
  ])('%d per second is shown as %s', (value, text) => {
    expect(formatRate(value)).toBe(text);
  });

  it.each([
    [0.123, '0.1 ms'],
    [9.96, '10 ms'],
    [12.4, '12 ms'],
    [1234, '1.2 s'],
    [12_345, '12 s'],
  ])('%d ms is shown as %s', (value, text) => {
    expect(formatDuration(value)).toBe(text);
  });

  it.each([
    [0, '0 %'],
    [0.0001, '< 0.1 %'],
    [0.031, '3.1 %'],
    [0.5, '50 %'],
  ])('a share of %d is shown as %s', (value, text) => {
    expect(formatShare(value)).toBe(text);
  });
});

describe('the charts', () => {
  it('have bars relative to the highest, with failures on top', () => {
    expect(rateBars([window(10, 5), window(20), window(0)])).toEqual([
      { ok: 0.25, failed: 0.25 },
      { ok: 1, failed: 0 },
      { ok: 0, failed: 0 },
    ]);
    expect(rateBars([window(0)])).toEqual([{ ok: 0, failed: 0 }]);
    expect(rateBars([])).toEqual([]);
  });

  it('have lines over the whole width, without points where there was no response', () => {
    const box = { width: 100, height: 10 };
    expect(polylinePoints([0, undefined, 99], 99, box)).toBe('0,10 100,0');
    expect(polylinePoints([5], 5, box)).toBe('0,0');
    expect(polylinePoints([], 1, box)).toBe('');
  });
});
