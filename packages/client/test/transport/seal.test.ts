import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { seal, unseal } from '../../src/transport/seal.ts';

const KEY = randomBytes(32).toString('base64');
const VALUE = { prefix: '/v1', address: '10.0.0.1', name: 'é\u2028' };

describe('sealed data', () => {
  it('is readable with the key, in its channel', () => {
    expect(unseal('presence-a', KEY, seal('presence-a', KEY, VALUE))).toEqual(VALUE);
    expect(unseal('presence-b', KEY, seal('presence-a', KEY, VALUE))).toBeUndefined();
    const other = randomBytes(32).toString('base64');
    expect(unseal('presence-a', other, seal('presence-a', KEY, VALUE))).toBeUndefined();
  });

  it('is different each time', () => {
    const [one, two] = [seal('presence-a', KEY, VALUE), seal('presence-a', KEY, VALUE)];
    expect(one).not.toEqual(two);
    expect(Buffer.from(one.ciphertext, 'base64').toString('latin1')).not.toContain('10.0.0.1');
  });

  it('is rejected if any bit has changed', () => {
    const sealed = seal('presence-a', KEY, VALUE);
    for (const field of ['nonce', 'ciphertext'] as const) {
      const bytes = Buffer.from(sealed[field], 'base64');
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
      const changed = { ...sealed, [field]: bytes.toString('base64') };
      expect(unseal('presence-a', KEY, changed)).toBeUndefined();
    }
  });

  it.each([
    undefined,
    null,
    'text',
    [],
    {},
    VALUE,
    { nonce: 1, ciphertext: 2 },
    { nonce: '', ciphertext: '' },
    { nonce: '!!', ciphertext: '!!' },
    { nonce: Buffer.alloc(24).toString('base64'), ciphertext: '' },
    { nonce: Buffer.alloc(24).toString('base64'), ciphertext: 'AAAA' },
    { nonce: Buffer.alloc(25).toString('base64'), ciphertext: 'AAAA' },
  ])('is not %j', (sealed) => {
    expect(unseal('presence-a', KEY, sealed)).toBeUndefined();
  });
});
