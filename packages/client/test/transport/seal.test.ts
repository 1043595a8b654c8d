import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import vectors from '../../../../conformance/owners.json' with { type: 'json' };
import { seal, unseal } from '../../src/transport/seal.ts';

const KEY = randomBytes(32).toString('base64');
const HERE = { event: 'member', channel: 'presence-a' };
const VALUE = { prefix: '/v1', address: '10.0.0.1', name: 'é\u2028' };

describe('sealed data', () => {
  it('is readable with the key, in its channel', () => {
    expect(unseal(HERE, KEY, seal(HERE, KEY, VALUE))).toEqual(VALUE);
    const elsewhere = { ...HERE, channel: 'presence-b' };
    expect(unseal(elsewhere, KEY, seal(HERE, KEY, VALUE))).toBeUndefined();
    const other = randomBytes(32).toString('base64');
    expect(unseal(HERE, other, seal(HERE, KEY, VALUE))).toBeUndefined();
  });

  it('is different each time', () => {
    const [one, two] = [seal(HERE, KEY, VALUE), seal(HERE, KEY, VALUE)];
    expect(one).not.toEqual(two);
    expect(Buffer.from(one.ciphertext, 'base64').toString('latin1')).not.toContain('10.0.0.1');
  });

  it('is rejected if any bit has changed', () => {
    const sealed = seal(HERE, KEY, VALUE);
    for (const field of ['nonce', 'ciphertext'] as const) {
      const bytes = Buffer.from(sealed[field], 'base64');
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
      const changed = { ...sealed, [field]: bytes.toString('base64') };
      expect(unseal(HERE, KEY, changed)).toBeUndefined();
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
    expect(unseal(HERE, KEY, sealed)).toBeUndefined();
  });
});

describe('a sealed message, by the conformance vectors', () => {
  const { masterKey, cases, refused } = vectors.sealed;

  it.each(cases)('opens as $event of $channel', ({ event, channel, data, ...sealed }) => {
    expect(unseal({ event, channel }, masterKey, sealed)).toEqual(data);
    expect(unseal({ event: 'other', channel }, masterKey, sealed)).toBeUndefined();
    expect(unseal({ event, channel: `${channel}x` }, masterKey, sealed)).toBeUndefined();
    const again = seal({ event, channel }, masterKey, data);
    expect(unseal({ event, channel }, masterKey, again)).toEqual(data);
  });

  it.each(refused)('does not open: $name', ({ event, channel, ...sealed }) => {
    expect(unseal({ event, channel }, masterKey, sealed)).toBeUndefined();
  });
});
