import { expect, it } from 'vitest';
import { parseGoDuration } from '../../../src/catalog/consul/duration.ts';

it.each([
  ['0', 0],
  ['5m', 300_000],
  ['10s', 10_000],
  ['100ms', 100],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['.5s', 500],
  ['1.s', 1000],
  ['250us', 0.25],
  ['250µs', 0.25],
  ['1ns', 1e-6],
  ['-5s', -5000],
  ['+5s', 5000],
  ['', undefined],
  ['5', undefined],
  ['s', undefined],
  ['5 s', undefined],
  ['5s ', undefined],
  ['5d', undefined],
  ['5S', undefined],
  ['.s', undefined],
  ['1e3s', undefined],
  ['-', undefined],
  ['--5s', undefined],
  ['5s\n', undefined],
])('reads %j as Go does', (text, ms) => {
  expect(parseGoDuration(text)).toBe(ms);
});
