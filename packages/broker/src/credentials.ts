import { createHmac, timingSafeEqual } from 'node:crypto';

/** The credentials of one app. The key is public; the secret is not. */
export interface AppCredentials {
  /** Part of the URLs of the HTTP API. Use digits: some SDKs accept nothing else. */
  readonly appId: string;
  /** The app's key, which clients send and is public. */
  readonly key: string;
  /** The app's secret, which signs requests and subscriptions. Keep it private. */
  readonly secret: string;
}

/** Returns the hex HMAC-SHA256 of `text`. */
export function signatureOf(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

/** Whether `signature` is the hex HMAC-SHA256 of `text`. Takes the same time for any signature. */
export function isSignedBy(secret: string, text: string, signature: string): boolean {
  const expected = Buffer.from(signatureOf(secret, text));
  const given = Buffer.from(signature);
  // timingSafeEqual throws on unequal lengths. The length of a SHA-256 is no secret.
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Whether `token` is `KEY:signature` of `text` by this app. */
export function isTokenOf(app: AppCredentials, text: string, token: string): boolean {
  const colon = token.indexOf(':');
  return token.slice(0, colon) === app.key && isSignedBy(app.secret, text, token.slice(colon + 1));
}
