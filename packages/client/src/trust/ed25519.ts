import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** What stands before the 32 bytes of a private key in PKCS #8 (RFC 8410 §7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const PRIVATE_KEY = /^rsk_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** The public keys that were read, of which there are as many as a configuration names. */
const publicKeys = new Map<string, KeyObject>();

/** Whether text has the form of a service key. */
export function isServiceKey(text: string): boolean {
  return PRIVATE_KEY.test(text);
}

/** Makes a service key: `rsk_` and the 32 random bytes of RFC 8032 in base64url. It is a secret. */
export function generateServiceKey(): string {
  return `rsk_${randomBytes(32).toString('base64url')}`;
}

/** Returns the public half of a service key, `rpk_…`, for the `owners` of a gateway. The key has to be valid. */
export function publicKeyOf(serviceKey: string): string {
  return `rpk_${createPublicKey(readServiceKey(serviceKey)).export({ format: 'jwk' }).x ?? ''}`;
}

export function readServiceKey(serviceKey: string): KeyObject {
  const seed = Buffer.from(serviceKey.slice('rsk_'.length), 'base64url');
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}

/** Signs a text by Ed25519. Returns base64url. */
export function signText(key: KeyObject, text: string): string {
  return sign(null, Buffer.from(text), key).toString('base64url');
}

/** Whether a signature of a text is by the key with this public half, which has to be valid text. */
export function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  let key = publicKeys.get(publicKey);
  if (key === undefined) {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey.slice('rpk_'.length) };
    key = createPublicKey({ key: jwk, format: 'jwk' });
    publicKeys.set(publicKey, key);
  }
  return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
}
