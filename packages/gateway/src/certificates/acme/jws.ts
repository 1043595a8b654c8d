import { createHash, createHmac, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** A signed request of ACME (RFC 8555 §6.2). */
export interface Jws {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

/** The public half of a key on P-256, its members in the order of RFC 7638. */
export interface Jwk {
  readonly crv: string;
  readonly kty: string;
  readonly x: string;
  readonly y: string;
}

export function jwkOf(key: KeyObject): Jwk {
  const { crv = '', kty = '', x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' });
  return { crv, kty, x, y };
}

/** Returns the thumbprint of a key (RFC 7638), which challenges are answered with. */
export function thumbprint(key: KeyObject): string {
  return createHash('sha256')
    .update(JSON.stringify(jwkOf(key)))
    .digest('base64url');
}

/** Signs a payload. @param payload `''` asks for a resource (POST-as-GET) */
export function signedJws(header: object, payload: object | '', key: KeyObject): Jws {
  return jws({ alg: 'ES256', ...header }, payload, (input) =>
    sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }),
  );
}

/** Signs a payload with a key that both sides know: an external account binding (RFC 8555 §7.3.4). */
export function authenticatedJws(header: object, payload: object, secret: Buffer): Jws {
  return jws({ alg: 'HS256', ...header }, payload, (input) =>
    createHmac('sha256', secret).update(input).digest(),
  );
}

function jws(header: object, payload: object | '', signature: (input: string) => Buffer): Jws {
  const parts = {
    protected: encoded(JSON.stringify(header)),
    payload: payload === '' ? '' : encoded(JSON.stringify(payload)),
  };
  const input = `${parts.protected}.${parts.payload}`;
  return { ...parts, signature: signature(input).toString('base64url') };
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64url');
}
