import { describe, expect, it } from 'vitest';
import { parseDiscoveryEvent, quote } from '@rollcall/protocol';

const GOOD = { prefix: '/v1', port: 1, address: '10.0.0.1' };

describe('parseDiscoveryEvent', () => {
  it.each([undefined, null, '', 'not json', 7, [], {}])('refuses %j as a register', (data) => {
    expect(parseDiscoveryEvent('register', data).ok).toBe(false);
  });

  it('refuses one bad announcement of a table and keeps the others', () => {
    const data = { nonce: 'n', up: [GOOD, { ...GOOD, port: 0 }], left: [{ ...GOOD, port: 2 }] };
    expect(parseDiscoveryEvent('table', data)).toMatchObject({
      ok: true,
      value: {
        statements: [
          { announcement: { port: 1 }, left: false },
          { announcement: { port: 2 }, left: true },
        ],
        refusals: [{ code: 'bad-port' }],
      },
    });
  });

  it.each([{}, { nonce: '' }, { nonce: 'a b' }, { nonce: 'x'.repeat(65) }, 'text'])(
    'refuses %j as a roll call',
    (data) => {
      expect(parseDiscoveryEvent('rollcall', data)).toMatchObject({
        ok: false,
        refusal: { code: 'bad-event' },
      });
    },
  );

  it('refuses a table without a list', () => {
    expect(parseDiscoveryEvent('table', { nonce: 'n', up: {}, left: [] }).ok).toBe(false);
  });
});

describe('quote', () => {
  it('escapes control characters, line breaks and direction overrides', () => {
    const hostile = 'a\r\nb\u001b[31m\u009b\u2028\u202e\u2066';
    expect(quote(hostile)).toMatch(/^[\x20-\x7e]+$/);
  });

  it('limits the length', () => {
    expect(quote('x'.repeat(10_000)).length).toBeLessThan(100);
  });
});
