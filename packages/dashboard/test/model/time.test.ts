import { expect, it } from 'vitest';
import { formatExactly, formatSpan } from '../../src/model/time.ts';

it.each([
  [-5, '0.0 s'],
  [0, '0.0 s'],
  [450, '0.4 s'],
  [999, '0.9 s'],
  [1000, '1 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_599_999, '59 min'],
  [3_600_000, '1 h'],
  [47 * 3_600_000, '47 h'],
  [48 * 3_600_000, '2 d'],
  [Infinity, 'Infinity d'],
])('%d ms are %s', (milliseconds, text) => {
  expect(formatSpan(milliseconds)).toBe(text);
});

it('formats a time to the millisecond, in the browser’s time zone', () => {
  const at = new Date(2026, 0, 2, 3, 4, 5, 678).getTime();
  expect(formatExactly(at)).toBe('2026-01-02 03:04:05.678');
});
