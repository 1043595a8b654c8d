import { expect, it } from 'vitest';
import { parseBlocking } from '../../../src/catalog/consul/blocking.ts';

it.each([
  [undefined, undefined, { index: 0, waitMs: 300_000 }],
  ['7', undefined, { index: 7, waitMs: 300_000 }],
  ['7', '10s', { index: 7, waitMs: 10_000 }],
  ['7', '1h', { index: 7, waitMs: 600_000 }],
  ['7', '0', { index: 7, waitMs: 300_000 }],
  ['7', '-1s', { index: 7, waitMs: 300_000 }],
  ['', '', { index: 0, waitMs: 300_000 }],
  ['x', undefined, 'Invalid index'],
  ['-1', undefined, 'Invalid index'],
  ['1.5', undefined, 'Invalid index'],
  ['7', 'soon', 'Invalid wait time'],
  ['7', '10', 'Invalid wait time'],
])('reads index %j and wait %j', (index, wait, expected) => {
  expect(parseBlocking(index, wait)).toEqual(expected);
});
