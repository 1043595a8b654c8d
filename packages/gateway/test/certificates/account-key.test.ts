import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import { sharedAccountKey } from '../../src/certificates/account-key.ts';

it('gateways with one share key have one account at each server, with a key that signs', () => {
  const shareKey = Buffer.alloc(32, 1);
  const pem = sharedAccountKey(shareKey, 'https://a.example/dir');
  expect(sharedAccountKey(shareKey, 'https://a.example/dir')).toBe(pem);
  expect(sharedAccountKey(shareKey, 'https://b.example/dir')).not.toBe(pem);
  expect(sharedAccountKey(Buffer.alloc(32, 2), 'https://a.example/dir')).not.toBe(pem);
  const key = createPrivateKey(pem);
  const signature = sign('sha256', Buffer.from('text'), key);
  expect(verify('sha256', Buffer.from('text'), createPublicKey(key), signature)).toBe(true);
});
