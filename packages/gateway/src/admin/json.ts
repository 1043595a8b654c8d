import { withIsoTimes } from '@rollcall/runtime';
import type { Context } from 'hono';

/** Answers with JSON. Every time in it is ISO 8601. */
export function json(c: Context, body: object): Response {
  return c.body(JSON.stringify(withIsoTimes(body)), 200, { 'content-type': 'application/json' });
}
