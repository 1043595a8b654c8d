import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a client and the broker share about one app. The key is public; the secret is not. */
export interface AppCredentials {
  /** Its place in URLs of the HTTP API. Digits, because some SDKs take nothing else. */
  readonly appId: string;
  readonly key: string;
  readonly secret: string;
}

/** The hex HMAC-SHA256 of `text`. */
export function signatureOf(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

/** Whether `signature` is the hex HMAC-SHA256 of `text`, in a time that tells nothing about it. */
export function isSignedBy(secret: string, text: string, signature: string): boolean {
  const expected = Buffer.from(signatureOf(secret, text));
  const given = Buffer.from(signature);
  // timingSafeEqual throws on unequal lengths; that of a SHA-256 is no secret.
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Whether `token` is `KEY:signature` of `text` by this app. */
export function isTokenOf(app: AppCredentials, text: string, token: string): boolean {
  const colon = token.indexOf(':');
  return token.slice(0, colon) === app.key && isSignedBy(app.secret, text, token.slice(colon + 1));
}
