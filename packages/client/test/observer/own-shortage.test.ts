import { expect, it, vi } from 'vitest';
import { Prober } from '../../src/observer/probe.ts';

let code = '';
vi.mock('@rollcall/runtime', async (original) => ({
  ...(await original<object>()),
  requestHealth: () => Promise.resolve({ code }),
}));

const INSTANCE = { prefix: '/v1', address: '127.0.0.1', port: 1 };

it.each([
  ['EMFILE', 'unknown'],
  ['EADDRNOTAVAIL', 'unknown'],
  ['ECONNREFUSED', 'refused'],
  ['ETIMEDOUT', 'unreachable'],
])('a probe that ends with %s shows: %s', async (ending, verdict) => {
  code = ending;
  expect(await new Prober(() => undefined).probe(INSTANCE)).toMatchObject({ verdict });
});
