import { createECDH, createPrivateKey, hkdfSync } from 'node:crypto';

/** The order of the group of P-256. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** 64 bits more than the order has, so that the remainder shows no bias (FIPS 186-5 A.2.1). */
const BYTES = 40;

/**
 * Derives the key of an ACME account from the key that gateways share: all of them use one account, and none has to send
 * its key to the others.
 */
export function sharedAccountKey(shareKey: Uint8Array, directory: string): string {
  const bytes = Buffer.from(hkdfSync('sha256', shareKey, '', `acme account ${directory}`, BYTES));
  const scalar = (BigInt(`0x${bytes.toString('hex')}`) % (ORDER - 1n)) + 1n;
  const secret = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex');
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(secret);
  const point = curve.getPublicKey();
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    d: secret.toString('base64url'),
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  };
  return String(
    createPrivateKey({ key: jwk, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' }),
  );
}
