import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { addressOf } from '../../src/plugins/bound-address.ts';

beforeEach(() => vi.stubEnv('ROLLCALL_ADDRESS', ''));
afterEach(() => vi.unstubAllEnvs());

const at = (address: string) => ({ address, port: 3000, family: 'any' });

it('is the listening address', () => {
  expect(addressOf(at('192.0.2.1'), undefined)).toEqual({ address: '192.0.2.1' });
});

it.each(['0.0.0.0', '::'])('is chosen by register() if it listens on %s', (every) => {
  expect(addressOf(at(every), undefined)).toEqual({});
});

it('is the option first, then the environment', () => {
  vi.stubEnv('ROLLCALL_ADDRESS', '192.0.2.2');
  expect(addressOf(at('192.0.2.1'), '192.0.2.3')).toEqual({ address: '192.0.2.3' });
  expect(addressOf(at('192.0.2.1'), undefined)).toEqual({ address: '192.0.2.2' });
  expect(addressOf(at('::'), undefined)).toEqual({ address: '192.0.2.2' });
});
