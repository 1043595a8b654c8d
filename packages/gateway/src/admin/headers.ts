import { SECURITY_HEADERS } from '@rollcall/runtime/admin';
import type { MiddlewareHandler } from 'hono';

/** Adds the security headers to every answer of the admin port, and disables caching unless the route allows it. */
export const headers: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.res.headers.set(name, value);
  if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
};
