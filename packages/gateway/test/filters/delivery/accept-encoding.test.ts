import { expect, it } from 'vitest';
import { chooseEncoding } from '../../../src/filters/delivery/accept-encoding.ts';

const OFFERED = ['zstd', 'br', 'gzip'] as const;

it.each([
  ['gzip', 'gzip'],
  ['GZIP', 'gzip'],
  ['x-gzip', 'gzip'],
  ['gzip, deflate, br', 'br'],
  ['gzip, deflate, br, zstd', 'zstd'],
  ['gzip;q=1.0, br;q=0.5', 'gzip'],
  ['br ; q = 0.5 , gzip ; Q=0.2', 'br'],
  ['*', 'zstd'],
  ['zstd;q=0, *', 'br'],
  ['*;q=0.1, gzip;q=0.2', 'gzip'],
  ['identity;q=0.5, gzip', 'gzip'],
])('a client that accepts "%s" receives %s', (accepted, encoding) => {
  expect(chooseEncoding(accepted, OFFERED)).toBe(encoding);
});

it.each([
  undefined,
  '',
  'identity',
  'deflate',
  'gzip;q=0',
  'gzip;q=0.000',
  '*;q=0',
  'identity, gzip;q=0.5',
  'gzip;q=x',
])('a client that accepts "%s" receives no encoding', (accepted) => {
  expect(chooseEncoding(accepted, OFFERED)).toBeUndefined();
});
