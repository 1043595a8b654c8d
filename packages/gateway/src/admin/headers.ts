import type { MiddlewareHandler } from 'hono';

/** Scripts and styles of our own files alone, and no page around ours. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What stands on every answer of the admin port. Nothing is kept unless its route says so. */
export const headers: MiddlewareHandler = async (c, next) => {
  await next();
  c.res.headers.set('content-security-policy', CONTENT_SECURITY_POLICY);
  c.res.headers.set('x-content-type-options', 'nosniff');
  c.res.headers.set('referrer-policy', 'no-referrer');
  c.res.headers.set('cross-origin-resource-policy', 'same-origin');
  if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
};
