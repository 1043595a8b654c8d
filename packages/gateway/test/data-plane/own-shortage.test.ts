import { expect, it } from 'vitest';
import { isOwnShortage } from '@rollcall/protocol';
import { isOwnShortage as isOwnShortageOfRequest } from '@rollcall/proxy';

it.each([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EPIPE',
])('judges %s alike in probes and in requests', (code) => {
  const error = Object.assign(new Error(code), { code });
  expect(isOwnShortageOfRequest(error)).toBe(isOwnShortage(code));
});
